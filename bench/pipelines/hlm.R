# HLM in R: linear regression, searched over feature subsets, penalties, kinds of intercept and tolerances (LIMA, figure 9b).

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "sizes.R"))

sizes <- list(tiny = list(rows = 400, columns = 60, subsets = 2, penalties = 3, tolerances = 2),
              quick = list(rows = 3000, columns = 3000, subsets = 1, penalties = 3, tolerances = 3),
              paper = list(rows = 1e5, columns = 100, subsets = 10, penalties = 6, tolerances = 5))

with_intercept <- function(features, intercept) {  # 0: as it is; 1: a column of ones; 2: also scaled and shifted
  if (intercept == 0) return(features)
  if (intercept == 2) features <- scale(features)
  cbind(features, 1)
}

fit <- function(design, target, penalty, tolerance) {  # direct: the tolerance is for wider data
  gram <- crossprod(design) + diag(penalty, ncol(design))
  solve(gram, crossprod(design, target))
}

search_subset <- function(features, target, penalties, tolerances) {
  for (penalty in penalties) for (intercept in 0:2) for (tolerance in tolerances) {
    design <- with_intercept(features, intercept)
    weights <- fit(design, target, penalty, tolerance)
    show(mean((target - design %*% weights)^2))
  }
}

main <- function() {
  size <- chosen(sizes)
  set.seed(1)
  features <- matrix(rnorm(size$rows * size$columns), size$rows)
  target <- features %*% rnorm(size$columns) + 0.5 * rnorm(size$rows)
  for (subset in seq_len(size$subsets)) {
    columns <- sample(size$columns, (size$columns * 15) %/% 100)
    search_subset(features[, columns], target, 10^seq(-5, 0, length.out = size$penalties),
                  10^seq(-12, -8, length.out = size$tolerances))
  }
}

if (sys.nframe() == 0L) main()
