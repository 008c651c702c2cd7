# PCALM in R: principal components, then linear regression on the first K of them, for ten K (LIMA, figure 9e).

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "sizes.R"))

sizes <- list(tiny = list(rows = 300, columns = 40, first = 11, last = 14),
              quick = list(rows = 6000, columns = 400, first = 101, last = 108),
              paper = list(rows = 50000, columns = 1000, first = 101, last = 110))

covariance <- function(centred) crossprod(centred) / (nrow(centred) - 1)
eigenvectors <- function(symmetric) eigen(symmetric, symmetric = TRUE)$vectors

principal_components <- function(features, components) {
  centred <- scale(features, scale = FALSE)
  centred %*% eigenvectors(covariance(centred))[, seq_len(components)]
}

adjusted_r2 <- function(features, target) {
  gram <- crossprod(features) + diag(1e-4, ncol(features))
  residual <- target - features %*% solve(gram, crossprod(features, target))
  unexplained <- sum(residual^2) / sum((target - mean(target))^2)
  1 - unexplained * (nrow(features) - 1) / (nrow(features) - ncol(features) - 1)
}

main <- function() {
  size <- chosen(sizes)
  set.seed(2)
  features <- matrix(rnorm(size$rows * size$columns), size$rows) * rep(seq(2, 0.5, length.out = size$columns), each = size$rows)
  target <- features %*% rnorm(size$columns) + 0.5 * rnorm(size$rows)
  for (components in size$first:size$last)
    show(components, adjusted_r2(principal_components(features, components), target))
}

if (sys.nframe() == 0L) main()
