import {
  type CandlestickData,
  CandlestickSeries,
  type HistogramData,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type LineData,
  LineSeries,
  LineStyle,
  type SeriesMarker,
  TickMarkType,
  type Time,
  type UTCTimestamp,
  createChart,
  createSeriesMarkers,
} from 'lightweight-charts';
import type { Candle } from '../../core/client';
import type { Line } from './indicators';
import type { Mark } from './marks';
import type { Palette } from './palette';

/** One's own order, as a line at its price. */
export interface OrderLine {
  price: number;
  isBuy: boolean;
  label: string;
}

/** A line over the candles, or below them in a pane of its own. */
export interface Overlay {
  name: string;
  colour: keyof Palette;
  line: Line;
  isBelow: boolean;
}

export interface Writing {
  price(figure: number): string;
  time(ms: number): string;
  tick(ms: number, kind: 'year' | 'month' | 'day' | 'time'): string;
}

const EDGE_BARS = 40;
const TICKS = {
  [TickMarkType.Year]: 'year',
  [TickMarkType.Month]: 'month',
  [TickMarkType.DayOfMonth]: 'day',
  [TickMarkType.Time]: 'time',
  [TickMarkType.TimeWithSeconds]: 'time',
} as const;
const BAR_PX = 8;
const BAR_PX_MIN = 1;
const BAR_PX_MAX = 48;

/** The drawing itself: lightweight-charts, told what to show. Loaded when a chart is first shown. */
export class Engine {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private readonly overlays = new Map<string, ISeriesApi<'Line'>>();
  private orderLines: IPriceLine[] = [];
  private palette: Palette;
  private shown: readonly Candle[] = [];

  constructor(host: HTMLElement, palette: Palette, writing: Writing, minMove: number) {
    this.palette = palette;
    this.chart = createChart(host, {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 11 },
      localization: { timeFormatter: (time: Time) => writing.time(msOf(time)) },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        rightOffset: 4,
        barSpacing: BAR_PX,
        minBarSpacing: BAR_PX_MIN,
        tickMarkFormatter: (time: Time, kind: TickMarkType) =>
          writing.tick(msOf(time), TICKS[kind]),
      },
      rightPriceScale: { scaleMargins: { top: 0.14, bottom: 0.24 } },
    });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.candles = this.chart.addSeries(CandlestickSeries, {
      priceFormat: { type: 'custom', minMove, formatter: (price: number) => writing.price(price) },
    });
    this.marks = createSeriesMarkers(this.candles);
    this.paint(palette);
  }

  /** Calls back when the beginning of what is there comes near. */
  onNearStart(act: () => void): void {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && this.shown.length > 0 && range.from < EDGE_BARS) act();
    });
  }

  /** Calls back with the candle under the crosshair, or null. */
  onCross(act: (candle: Candle | null) => void): void {
    this.chart.subscribeCrosshairMove(({ logical, point }) => {
      const isOver = point !== undefined && logical !== undefined;
      act(isOver ? (this.shown[logical as number] ?? null) : null);
    });
  }

  paint(palette: Palette): void {
    this.palette = palette;
    const { background, text, line, up, down } = palette;
    this.chart.applyOptions({
      layout: {
        background: { color: background },
        textColor: text,
        panes: { separatorColor: line, separatorHoverColor: line },
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: { vertLine: { color: palette.muted }, horzLine: { color: palette.muted } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.candles.applyOptions({
      upColor: up,
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.redraw();
  }

  /** Shows these, oldest first; only the end is drawn anew where only the end has changed. */
  show(candles: readonly Candle[]): void {
    const before = this.shown;
    this.shown = candles;
    const isSameStart = before.length > 0 && before[0] === candles[0];
    if (!isSameStart || candles.length < before.length) return this.redraw();
    for (let at = Math.max(0, before.length - 1); at < candles.length; at++) {
      this.candles.update(this.bar(candles[at]!));
      this.volume.update(this.column(candles[at]!));
    }
  }

  showVolume(isShown: boolean): void {
    this.volume.applyOptions({ visible: isShown });
    this.candles
      .priceScale()
      .applyOptions({ scaleMargins: { top: 0.14, bottom: isShown ? 0.24 : 0.08 } });
  }

  showOverlays(overlays: readonly Overlay[]): void {
    const names = new Set(overlays.map(({ name }) => name));
    for (const [name, series] of this.overlays)
      if (!names.has(name)) {
        this.chart.removeSeries(series);
        this.overlays.delete(name);
      }
    for (const overlay of overlays) {
      const series = this.overlays.get(overlay.name) ?? this.addOverlay(overlay);
      series.applyOptions({ color: this.palette[overlay.colour] });
      series.setData(this.lineData(overlay.line));
    }
  }

  showMarks(marks: readonly Mark[]): void {
    const first = this.shown[0] ? Date.parse(this.shown[0].start) : Infinity;
    const drawn = marks.filter(({ at }) => at >= first).map((mark) => this.marker(mark));
    this.marks.setMarkers(drawn.sort((a, b) => Number(a.time) - Number(b.time)));
  }

  showOrders(orders: readonly OrderLine[]): void {
    for (const line of this.orderLines) this.candles.removePriceLine(line);
    this.orderLines = orders.map(({ price, isBuy, label }) =>
      this.candles.createPriceLine({
        price,
        title: label,
        color: isBuy ? this.palette.up : this.palette.down,
        lineWidth: 1,
        lineStyle: LineStyle.Dotted,
        axisLabelVisible: false,
      }),
    );
  }

  /** Wider bars for a `factor` above one. */
  zoom(factor: number): void {
    const scale = this.chart.timeScale();
    const spacing = scale.options().barSpacing * factor;
    scale.applyOptions({ barSpacing: Math.min(BAR_PX_MAX, Math.max(BAR_PX_MIN, spacing)) });
  }

  scroll(bars: number): void {
    const scale = this.chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + bars, false);
  }

  /** The newest candles at their usual width, and prices at a scale that fits. */
  reset(): void {
    this.chart.timeScale().resetTimeScale();
    this.candles.priceScale().applyOptions({ autoScale: true });
  }

  destroy(): void {
    this.chart.remove();
  }

  private redraw(): void {
    this.candles.setData(this.shown.map((candle) => this.bar(candle)));
    this.volume.setData(this.shown.map((candle) => this.column(candle)));
  }

  private addOverlay({ name, isBelow }: Overlay): ISeriesApi<'Line'> {
    const options = {
      lineWidth: 1,
      priceLineVisible: false,
      lastValueVisible: isBelow,
      crosshairMarkerVisible: false,
      ...(isBelow ? { priceFormat: { type: 'price' as const, precision: 1, minMove: 0.1 } } : {}),
    } as const;
    const series = this.chart.addSeries(LineSeries, options, isBelow ? 1 : 0);
    if (isBelow) {
      this.chart.panes()[0]?.setStretchFactor(4);
      this.chart.panes()[1]?.setStretchFactor(1);
    }
    this.overlays.set(name, series);
    return series;
  }

  private bar(candle: Candle): CandlestickData<UTCTimestamp> {
    return {
      time: timeOf(candle),
      open: Number(candle.open),
      high: Number(candle.high),
      low: Number(candle.low),
      close: Number(candle.close),
    };
  }

  private column(candle: Candle): HistogramData<UTCTimestamp> {
    const isUp = Number(candle.close) >= Number(candle.open);
    const color = isUp ? this.palette.upSoft : this.palette.downSoft;
    return { time: timeOf(candle), value: Number(candle.volume), color };
  }

  private lineData(line: Line): LineData<UTCTimestamp>[] {
    const points: LineData<UTCTimestamp>[] = [];
    line.forEach((value, at) => {
      const candle = this.shown[at];
      if (value !== null && candle) points.push({ time: timeOf(candle), value });
    });
    return points;
  }

  private marker({ at, isBuy, count }: Mark): SeriesMarker<Time> {
    return {
      time: (at / 1000) as UTCTimestamp,
      position: isBuy ? 'belowBar' : 'aboveBar',
      shape: isBuy ? 'arrowUp' : 'arrowDown',
      color: isBuy ? this.palette.up : this.palette.down,
      text: (isBuy ? 'B' : 'S') + (count > 1 ? ` ${count}` : ''),
    };
  }
}

function timeOf(candle: Candle): UTCTimestamp {
  return (Date.parse(candle.start) / 1000) as UTCTimestamp;
}

function msOf(time: Time): number {
  return Number(time) * 1000;
}
