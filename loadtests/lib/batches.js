// Figures of the turns by batch. Each visitor adds its own contrasts, since VUs share no memory.

import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { BATCHES } from './phases.js';
import { huber } from './robust.js';

/** @typedef {ReturnType<typeof batchMetrics>} BatchMetrics */
/** @typedef {ReturnType<typeof serviceMetrics>} ServiceMetrics one service in one phase */

/** @param {number[]} numbers of a phase, a service and, but for the whole phase, a batch */
export function nameOf(...numbers) {
  return ['turns', ...numbers].join('_');
}

/** @param {string} name */
function batchMetrics(name) {
  return {
    latency: new Trend(`${name}_latency`, true),
    // The log of its mean latency in a turn minus the mean over all services in that round.
    contrast: new Trend(`${name}_contrast`),
    failed: new Counter(`${name}_failed`),
    overlapping: new Rate(`${name}_overlapping`),
    hits: new Rate(`${name}_hits`),
  };
}

/** k6 allows new metrics only while the script starts. @param {number} phase @param {number} service */
export function serviceMetrics(phase, service) {
  const name = nameOf(phase, service);
  const batches = Array.from({ length: BATCHES }, (_, batch) => batchMetrics(nameOf(phase, service, batch)));
  return { latency: new Trend(`${name}_latency`, true), turn: new Gauge(`${name}_turn`), batches };
}

/** The contrasts of one visitor in one phase. */
export class Contrasts {
  /** @param {ServiceMetrics[]} metrics of the phase, by service */
  constructor(metrics) {
    this.metrics = metrics;
    this.batch = 0;
    this.contrasts = /** @type {number[][]} */ (metrics.map(() => []));
    this.sums = metrics.map(() => 0);
    this.counts = metrics.map(() => 0);
  }

  /** @param {number} batch in which the round begins */
  beginRound(batch) {
    this.endRound();
    if (batch !== this.batch) this.endBatch();
    this.batch = batch;
  }

  /** @param {number} service @param {number} milliseconds */
  add(service, milliseconds) {
    this.sums[service] += milliseconds;
    this.counts[service] += 1;
  }

  /** A round counts only if every service has answered. */
  endRound() {
    if (this.counts.every((count) => count > 0)) {
      const logarithms = this.sums.map((sum, service) => Math.log(sum / this.counts[service]));
      const mean = logarithms.reduce((sum, logarithm) => sum + logarithm, 0) / logarithms.length;
      logarithms.forEach((logarithm, service) => this.contrasts[service].push(logarithm - mean));
    }
    this.sums.fill(0);
    this.counts.fill(0);
  }

  endBatch() {
    this.contrasts.forEach((values, service) => {
      if (values.length > 0) this.metrics[service].batches[this.batch].contrast.add(huber(values));
    });
    this.contrasts = this.metrics.map(() => []);
  }

  end() {
    this.endRound();
    this.endBatch();
  }
}
