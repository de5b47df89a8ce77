/* A decision model drawn by dmn-js, to look at or to change; fetched only where one is shown. */
import { useEffect, useImperativeHandle, useRef, useState, forwardRef } from 'react';
import { Button, Space, Spin } from 'antd';
import { useI18n } from '../i18n';

interface View { element?: { id?: string; name?: string }; id: string; type: string }
interface DmnEditor {
  importXML(xml: string): Promise<unknown>;
  saveXML(options: { format: boolean }): Promise<{ xml: string }>;
  getViews(): View[];
  getActiveView(): View | undefined;
  open(view: View): Promise<unknown>;
  getActiveViewer(): { get(name: string): { zoom(how: string): void } } | undefined;
  destroy(): void;
}
type EditorClass = new (options: { container: HTMLElement }) => DmnEditor;

export interface DrawingHandle { text: () => Promise<string> }

function loadStyles() {
  if (document.querySelector('link[data-dmn]')) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = '/dmn/dmn.css';
  link.dataset.dmn = '';
  document.head.append(link);
}

async function loadEditor(isEditing: boolean): Promise<EditorClass> {
  loadStyles();
  const module: unknown = isEditing ? await import('dmn-js/lib/Modeler') : await import('dmn-js/lib/NavigatedViewer');
  return (module as { default: EditorClass }).default;
}

export const Drawing = forwardRef<DrawingHandle, { xml: string; isEditing: boolean; label: string }>(function Drawing({ xml, isEditing, label }, ref) {
  const { t } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const editor = useRef<DmnEditor | null>(null);
  const [views, setViews] = useState<View[]>([]);
  const [active, setActive] = useState<string | null>(null);
  const [failed, setFailed] = useState<string | null>(null);

  const open = async (view: View) => {
    await editor.current?.open(view);
    setActive(view.id);
    if (view.type === 'drd') editor.current?.getActiveViewer()?.get('canvas').zoom('fit-viewport');
  };
  useEffect(() => {
    let isGone = false;
    setViews([]);
    void (async () => {
      try {
        const Editor = await loadEditor(isEditing);
        if (isGone || !box.current) return;
        const e = new Editor({ container: box.current });
        editor.current = e;
        await e.importXML(xml);
        if (isGone) return;
        setViews(e.getViews());
        setActive(e.getActiveView()?.id ?? null);
        if (e.getActiveView()?.type === 'drd') e.getActiveViewer()?.get('canvas').zoom('fit-viewport');
      } catch (cause) {
        if (!isGone) setFailed(cause instanceof Error ? cause.message : String(cause));
      }
    })();
    return () => {
      isGone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, [xml, isEditing]);
  useImperativeHandle(ref, () => ({ text: async () => (editor.current ? (await editor.current.saveXML({ format: true })).xml : xml) }), [xml]);

  return (
    <div>
      <Space wrap className="drawing-views" role="group" aria-label={t('rule.views')}>
        {views.map((v) => (
          <Button key={v.id} size="small" type={v.id === active ? 'primary' : 'default'} aria-pressed={v.id === active} onClick={() => void open(v)}>
            {v.type === 'drd' ? t('rule.whole') : v.element?.name ?? v.id}
          </Button>
        ))}
      </Space>
      {failed && <p role="alert">{t('rule.drawing.failed')} {failed}</p>}
      {!failed && views.length === 0 && <div className="waiting" role="status"><Spin /> <span>{t('app.loading')}</span></div>}
      <div className="drawing" ref={box} role="figure" aria-label={label} />
    </div>
  );
});
