# What every oracle is made of, as once.py: a result kept under a label that the programmer, who knows the program, gives it. Who asks
# again gets a copy, for a routine writes its result into new memory.

kept <- new.env()
once <- function(label, compute) {  # `compute` is a promise: not evaluated when the result is there
  if (is.null(kept[[label]])) assign(label, compute, envir = kept)
  kept[[label]] + 0
}
