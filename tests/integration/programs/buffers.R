# gram, solve, predict; what comes between is the argument's.
what <- commandArgs(trailingOnly = TRUE)
X <- matrix((0:239)^2 %% 101 / 7 - 5, 40, 6)
y <- (0:39 * 7) %% 23 / 3
v <- matrix(1:6 / 3, 6, 1)

fit <- function(change) {
    G <- t(X) %*% X
    c <- t(X) %*% y
    if (change) {
        G[2, 2] <- G[2, 2] + 1
        G %*% v
    }
    solve(G, c)
}

if (what == "slices") {
    G <- t(X) %*% X
    P <- G[, 2:4] %*% v[1:3, , drop = FALSE]
    Q <- G[2:4, ] %*% v
    G[1, 2] <- 7
    R <- G[, 2:4] %*% v[1:3, , drop = FALSE]
    S <- G[2:4, ] %*% v
} else if (what == "mirrored") { # R calls syrk, and fills in the other triangle
    P <- X %*% solve(crossprod(X), crossprod(X, y))
} else {
    for (again in 1:2)
        P <- X %*% fit(what == "overwritten")
}
