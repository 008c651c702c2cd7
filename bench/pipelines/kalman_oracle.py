"""kalman.py with each product and solution of a process noise computed once for all series, the first products, which the noise does
not change yet, once for all noises, and what the sensors see of a covariance once a step. The sums around them stay."""

import numpy as np

import kalman
from once import Kept

kept = Kept()


def covariance_step(motion, covariance, sensors, noise, error, step):
    moved = kept.once("first" if step == 0 else ("moved", noise, step), lambda: motion @ covariance @ motion.T)
    covariance = moved + noise * np.eye(len(motion))
    seen = kept.once(("seen", noise, step), np.matmul, sensors, covariance)
    innovation = kept.once(("innovation", noise, step), np.matmul, seen, sensors.T) + error * np.eye(len(sensors))
    gain = kept.once(("gain", noise, step), np.linalg.solve, innovation, seen).T
    return gain, covariance - kept.once(("correction", noise, step), np.matmul, gain, seen)


def log_filter(observed, motion, sensors, noise, error):
    state, covariance, total = np.zeros(len(motion)), np.eye(len(motion)), 0.0
    for step, measured in enumerate(observed):
        state = kept.once("rest", np.matmul, motion, state) if step == 0 else motion @ state  # every series starts at rest
        gain, covariance = covariance_step(motion, covariance, sensors, noise, error, step)
        surprise = measured - (kept.once("seen at rest", np.matmul, sensors, state) if step == 0 else sensors @ state)
        total += float(surprise @ surprise)
        state = state + gain @ surprise
    return total, float(np.trace(covariance))


kalman.log_filter = log_filter
kalman.main()
