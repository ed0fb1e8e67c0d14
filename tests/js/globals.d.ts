// Types of what the scripts meet in a page: widget models, and what the loaders give them.

/** The state of a widget, as ipywidgets' front end holds it (a Backbone model). */
interface Model {
  get(name: string): any;
  set(name: string | Record<string, unknown>, value?: unknown): void;
  save_changes(): void;
  send(content: object, callbacks?: object, buffers?: ArrayBuffer[]): void;
  on(events: string, callback: (...values: any[]) => void): void;
  off(events: string, callback: (...values: any[]) => void): void;
  widget_manager: WidgetManager;
  /** Views of a bqplot figure or mark. */
  views?: Record<string, Promise<FigureView>>;
}

/** What a front end makes widgets with. */
interface WidgetManager {
  has_model(id: string): boolean;
  get_model(id: string): Promise<WidgetModel>;
  kernel: Kernel | null;
}

/** A model as the front end holds it, not as anywidget passes it on. */
interface WidgetModel extends Model {
  state_change: Promise<unknown>;
  set_state(values: Record<string, unknown>): void;
  constructor: {
    _deserialize_state(
      state: Record<string, unknown>,
      manager: WidgetManager,
    ): Promise<Record<string, unknown>>;
  } & Function;
}

/** A view of a bqplot figure. */
interface FigureView {
  el: HTMLElement;
  intersectObserver?: IntersectionObserver;
  visible: boolean;
  rendered?: boolean;
  relayout(): void;
  relayoutImpl?(): void;
}

/** JupyterLab's connection to a kernel. */
interface Kernel {
  id: string;
  status: string;
  connectionStatus: string;
  isDisposed: boolean;
  serverSettings?: { baseUrl: string };
  statusChanged?: Signal<string>;
  reconnect(): Promise<void>;
}

/** A signal of Lumino. */
interface Signal<Value> {
  connect(slot: (sender: unknown, value: Value) => void): void;
  disconnect(slot: (sender: unknown, value: Value) => void): void;
}

/** What a module's function `render` is called with. */
interface RenderProps {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
  /** The kernel's scripts, styles and words (see assets.py). */
  library: Model;
}

declare var campaignLiveModules: Map<string, string> | undefined;

/** Of the script that draws charts on a saved page (see vega-embed). */
declare function vegaEmbed(
  place: HTMLElement,
  specification: object,
  options: object,
): Promise<{ view: any }>;
