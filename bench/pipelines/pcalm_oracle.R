# pcalm.R with the covariance and its eigenvectors computed once; the projections differ in K.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "pcalm.R"))
source(file.path(here, "once.R"))

covariance <- function(centred) once("covariance", crossprod(centred) / (nrow(centred) - 1))
eigenvectors <- function(symmetric) once("eigenvectors", eigen(symmetric, symmetric = TRUE)$vectors)

main()
