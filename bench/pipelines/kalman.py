"""A Kalman filter over a square grid, run on several series for several process noises; the covariances do not depend on the data."""

import numpy as np

from sizes import chosen

SIZES = dict(tiny=dict(side=4, sensors=6, steps=5, series=2, noises=2),
             quick=dict(side=21, sensors=40, steps=8, series=10, noises=2),
             paper=dict(side=32, sensors=200, steps=50, series=20, noises=4))


def diffusion(side, rate=0.2):
    """One step of heat conduction on the grid, ends held: dense, as most users would write it."""
    line = (1.0 - 2.0 * rate) * np.eye(side) + rate * (np.eye(side, k=1) + np.eye(side, k=-1))
    return np.kron(line, line)


def predict_covariance(motion, covariance, noise):
    return motion @ covariance @ motion.T + noise * np.eye(len(motion))


def gain_of(covariance, sensors, error):
    innovation = sensors @ covariance @ sensors.T + error * np.eye(len(sensors))
    return np.linalg.solve(innovation, sensors @ covariance).T


def correct_covariance(covariance, gain, sensors):
    return covariance - gain @ (sensors @ covariance)


def log_filter(observed, motion, sensors, noise, error):
    """Sum of squared innovations, what the noise is chosen by."""
    state, covariance, total = np.zeros(len(motion)), np.eye(len(motion)), 0.0
    for measured in observed:
        state = motion @ state
        covariance = predict_covariance(motion, covariance, noise)
        gain = gain_of(covariance, sensors, error)
        surprise = measured - sensors @ state
        total += float(surprise @ surprise)
        state = state + gain @ surprise
        covariance = correct_covariance(covariance, gain, sensors)
    return total, float(np.trace(covariance))


def main():
    size = chosen(**SIZES)
    rng = np.random.default_rng(16)
    motion = diffusion(size.side)
    sensors = np.eye(size.side ** 2)[rng.choice(size.side ** 2, size=size.sensors, replace=False)]
    observed = rng.standard_normal((size.series, size.steps, size.sensors))
    for noise in np.logspace(-3, -1, size.noises):
        for series in observed:
            print(*map(repr, log_filter(series, motion, sensors, noise, 0.01)))


if __name__ == "__main__":
    main()
