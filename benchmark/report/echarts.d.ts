/**
 * As much of ECharts as is used, so that the types can be checked where it is not installed: it is large, and
 * only the charts need it.
 */
declare module "echarts" {
  interface Chart {
    setOption(option: Record<string, unknown>): void;
    renderToSVGString(): string;
    dispose(): void;
  }
  function init(
    element: null,
    theme: null,
    options: { renderer: "svg"; ssr: true; width: number; height: number },
  ): Chart;
}
