# kalman.R with the covariances and gains of a process noise computed once for all series, and the first products, which the noise
# does not change yet, once for all noises.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "kalman.R"))
source(file.path(here, "once.R"))

log_filter <- function(observed, motion, sensors, noise, error) {
  state <- numeric(nrow(motion))
  covariance <- diag(nrow(motion))
  total <- 0
  for (step in seq_len(nrow(observed))) {
    now <- paste(noise, step)
    first <- if (step == 1) "first" else now
    state <- if (step == 1) once("rest", motion %*% state) else motion %*% state
    covariance <- once(paste("moved", first), motion %*% covariance %*% t(motion)) + diag(noise, nrow(motion))
    seen <- once(paste("seen", now), sensors %*% covariance)
    gain <- once(paste("gain", now), gain_of(seen, sensors, error))
    surprise <- observed[step, ] - (if (step == 1) once("seen at rest", sensors %*% state) else sensors %*% state)
    total <- total + sum(surprise^2)
    state <- state + gain %*% surprise
    covariance <- covariance - once(paste("corrected", now), gain %*% seen)
  }
  c(total, sum(diag(covariance)))
}

main()
