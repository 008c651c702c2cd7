# hcv.R with the products of a training set computed once; solutions and predictions never repeat.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "hcv.R"))
source(file.path(here, "once.R"))

cross_validate <- function(features, target, fold_of, penalty, intercept) {
  losses <- sapply(seq_len(max(fold_of)), function(held_out) {
    train <- fold_of != held_out
    design <- with_intercept(features[train, ], intercept)
    gram <- once(paste("gram", held_out, intercept), crossprod(design)) + diag(penalty, ncol(design))
    weights <- solve(gram, once(paste("moments", held_out, intercept), crossprod(design, target[train])))
    mean((target[!train] - with_intercept(features[!train, ], intercept) %*% weights)^2)
  })
  mean(losses)
}

main()
