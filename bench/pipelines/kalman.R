# A Kalman filter over a square grid in R, run on several series for several process noises.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "sizes.R"))

sizes <- list(tiny = list(side = 4, sensors = 6, steps = 5, series = 2, noises = 2),
              quick = list(side = 20, sensors = 40, steps = 6, series = 14, noises = 2),
              paper = list(side = 32, sensors = 200, steps = 50, series = 20, noises = 4))

# One step of heat conduction on the grid, ends held: dense, as most users would write it.
diffusion <- function(side, rate = 0.2) {
  line <- diag(1 - 2 * rate, side)
  line[abs(row(line) - col(line)) == 1] <- rate
  kronecker(line, line)
}

predict_covariance <- function(motion, covariance, noise) motion %*% covariance %*% t(motion) + diag(noise, nrow(motion))
gain_of <- function(seen, sensors, error) t(solve(seen %*% t(sensors) + diag(error, nrow(sensors)), seen))

log_filter <- function(observed, motion, sensors, noise, error) {
  state <- numeric(nrow(motion))
  covariance <- diag(nrow(motion))
  total <- 0
  for (step in seq_len(nrow(observed))) {
    state <- motion %*% state
    covariance <- predict_covariance(motion, covariance, noise)
    seen <- sensors %*% covariance
    gain <- gain_of(seen, sensors, error)
    surprise <- observed[step, ] - sensors %*% state
    total <- total + sum(surprise^2)
    state <- state + gain %*% surprise
    covariance <- covariance - gain %*% seen
  }
  c(total, sum(diag(covariance)))
}

main <- function() {
  size <- chosen(sizes)
  set.seed(3)
  motion <- diffusion(size$side)
  sensors <- diag(size$side^2)[sample(size$side^2, size$sensors), ]
  observed <- array(rnorm(size$steps * size$sensors * size$series), c(size$steps, size$sensors, size$series))
  for (noise in 10^seq(-3, -1, length.out = size$noises)) for (series in seq_len(size$series))
    show(log_filter(observed[, , series], motion, sensors, noise, 0.01))
}

if (sys.nframe() == 0L) main()
