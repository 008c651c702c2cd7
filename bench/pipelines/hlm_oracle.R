# hlm.R with every product, solution and prediction of a subset computed once.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "hlm.R"))
source(file.path(here, "once.R"))

search_subset <- function(features, target, penalties, tolerances) {
  rm(list = ls(kept), envir = kept)
  for (penalty in penalties) for (intercept in 0:2) for (tolerance in tolerances) {
    design <- with_intercept(features, intercept)
    gram <- once(paste("gram", intercept), crossprod(design)) + diag(penalty, ncol(design))
    moments <- once(paste("moments", intercept), crossprod(design, target))
    weights <- once(paste("weights", intercept, penalty), solve(gram, moments))
    show(mean((target - once(paste("predicted", intercept, penalty), design %*% weights))^2))
  }
}

main()
