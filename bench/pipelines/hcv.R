# HCV in R: linear regression, every setting cross-validated over the same folds (LIMA, figure 9c).

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "hlm.R"))

sizes <- list(tiny = list(rows = 320, columns = 20, folds = 4, penalties = 3),
              quick = list(rows = 2400, columns = 400, folds = 4, penalties = 14),
              paper = list(rows = 1e5, columns = 100, folds = 16, penalties = 30))

cross_validate <- function(features, target, fold_of, penalty, intercept) {
  losses <- sapply(seq_len(max(fold_of)), function(held_out) {
    train <- fold_of != held_out
    weights <- fit(with_intercept(features[train, ], intercept), target[train], penalty, 0)
    mean((target[!train] - with_intercept(features[!train, ], intercept) %*% weights)^2)
  })
  mean(losses)
}

main <- function() {
  size <- chosen(sizes)
  set.seed(1)
  features <- matrix(rnorm(size$rows * size$columns), size$rows)
  target <- drop(features %*% rnorm(size$columns)) + 0.5 * rnorm(size$rows)
  fold_of <- rep(seq_len(size$folds), length.out = size$rows)
  for (penalty in 10^seq(-5, 0, length.out = size$penalties)) for (intercept in 0:1)
    show(cross_validate(features, target, fold_of, penalty, intercept))
}

if (sys.nframe() == 0L) main()
