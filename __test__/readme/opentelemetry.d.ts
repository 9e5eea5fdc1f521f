// The part of `@opentelemetry/api` that the manual's example uses.

interface Histogram {
  record(value: number, attributes?: Record<string, string>): void;
}

export declare const metrics: {
  getMeter(name: string): { createHistogram(name: string, options?: { unit?: string }): Histogram };
};
