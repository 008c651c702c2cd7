# Everyday matrix algebra in R, done twice on fresh copies of the same data.
n <- 220L

matrix.of <- function(seed, rows, columns = rows) {
  set.seed(seed)
  matrix(rnorm(rows * columns), rows, columns)
}

positive <- function(seed) {
  g <- matrix.of(seed, n)
  diag(4 * n, n) + (g + t(g))
}

# Eight weighted sums at full precision stand for all the bits of a result.
show <- function(pass, name, value) {
  value <- as.vector(value)
  if (is.complex(value)) value <- c(Re(value), Im(value))
  w <- cos(seq_along(value))
  part <- rep_len(1:8, length(value))
  sums <- vapply(1:8, function(k) sum((w * value)[part == k]), 0)
  cat(pass, name, sprintf("%a", sums), "\n")
}

for (pass in 1:2) {
  show(pass, "product", matrix.of(1, n) %*% matrix.of(2, n))
  show(pass, "matvec", matrix.of(3, n) %*% matrix.of(4, n, 1))
  show(pass, "crossprod", crossprod(matrix.of(5, n + 50L, n)))
  show(pass, "crossprod2", crossprod(matrix.of(6, n), matrix.of(7, n)))
  show(pass, "tcrossprod", tcrossprod(matrix.of(8, n, 60L)))
  z <- matrix(complex(real = matrix.of(9, n), imaginary = matrix.of(10, n)), n)
  show(pass, "complex product", z %*% z)
  show(pass, "solve", solve(matrix.of(11, n), matrix.of(12, n, 3L)))
  show(pass, "inverse", solve(matrix.of(13, n)))
  s <- svd(matrix.of(14, n + 30L, n))
  show(pass, "svd d", s$d)
  show(pass, "svd u", s$u)
  show(pass, "svd v", s$v)
  e <- eigen(positive(15), symmetric = TRUE)
  show(pass, "eigen values", e$values)
  show(pass, "eigen vectors", e$vectors)
  show(pass, "eigen general", eigen(matrix.of(16, 100L))$values)
  show(pass, "chol", chol(positive(17)))
  show(pass, "chol2inv", chol2inv(positive(18) + 100))
  show(pass, "backsolve", backsolve(positive(19), matrix.of(20, n, 3L)))
  q <- qr(matrix.of(21, n, 100L), LAPACK = TRUE)
  show(pass, "qr", q$qr)
  show(pass, "qr.qty", qr.qty(q, matrix.of(22, n, 4L)))
}
