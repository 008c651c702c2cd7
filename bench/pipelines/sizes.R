# Sizes of a pipeline: --size=NAME on the command line chooses a preset, as sizes.py does for Python.

chosen <- function(presets) {
  given <- sub("^--size=", "", grep("^--size=", commandArgs(TRUE), value = TRUE))
  presets[[if (length(given) == 1) given else "quick"]]
}

# Every value in full precision, one line a call.
show <- function(...) cat(sprintf("%.17g", c(...)), "\n")
