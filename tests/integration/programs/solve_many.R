# One matrix, many right-hand sides, and its inverse twice over: R's solve is dgesv.
set.seed(5)
matrix <- matrix(rnorm(400 * 400), 400)
for (i in 1:10) cat(sprintf("%a", sum(solve(matrix, rnorm(400)))), "\n")
cat(sprintf("%a", sum(solve(matrix))), "\n")
