// A mean that a few stalls do not move.

const TUNING = 1.345; // 95 % as efficient as the mean where noise is normal
const TO_SIGMA = 1.4826; // of the median absolute deviation
const STEPS = 30;

/** @param {number[]} sorted */
function middle(sorted) {
  return sorted[sorted.length >> 1];
}

/** Huber's M-estimate of location (Annals of Mathematical Statistics 35, 1964), from the median by reweighting. @param {number[]} values */
export function huber(values) {
  let mean = middle([...values].sort((a, b) => a - b));
  const deviations = values.map((value) => Math.abs(value - mean)).sort((a, b) => a - b);
  const limit = TUNING * TO_SIGMA * middle(deviations);
  if (limit === 0) return mean;
  for (let step = 0; step < STEPS; step += 1) {
    const weights = values.map((value) => Math.min(1, limit / Math.max(Math.abs(value - mean), 1e-12)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    mean = weights.reduce((sum, weight, place) => sum + weight * values[place], 0) / total;
  }
  return mean;
}
