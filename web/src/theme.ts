/* The one place where the look is set; no page chooses its own colours or sizes. */
import type { ThemeConfig } from 'antd';

export const COLOR = {
  act: '#1d4ed8', // the only blue: things one can act on
  ink: '#172033',
  soft: '#4b5768', // secondary text, AA on white and on the page ground
  line: '#dde2ea',
  ground: '#f4f6f9',
  paper: '#ffffff',
  good: '#15703a',
  warn: '#96580a',
  bad: '#b3261e',
  goodGround: '#e9f6ee',
  warnGround: '#fdf3e0',
  badGround: '#fdecea',
  actGround: '#eaf0fe',
} as const;

/* System fonts only.  Chinese text takes its own punctuation; English text must not get full-width quotation marks. */
const CJK = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC"';
const FONTS = { zh: `${CJK}, system-ui, sans-serif`, en: `"Segoe UI", "SF Pro Text", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, "DejaVu Sans", ${CJK}, sans-serif` };
export const FONT = 'var(--font)';

export const theme: ThemeConfig = {
  hashed: false,
  cssVar: true,
  token: {
    colorPrimary: COLOR.act,
    colorInfo: COLOR.act,
    colorLink: COLOR.act,
    colorSuccess: COLOR.good,
    colorWarning: COLOR.warn,
    colorError: COLOR.bad,
    colorSuccessBg: COLOR.goodGround,
    colorSuccessBorder: '#a9d8ba',
    colorWarningBg: COLOR.warnGround,
    colorWarningBorder: '#e8c88f',
    colorErrorBg: COLOR.badGround,
    colorErrorBorder: '#f0b4ae',
    colorInfoBg: COLOR.actGround,
    colorInfoBorder: '#b7c9f8',
    colorTextBase: COLOR.ink,
    colorText: COLOR.ink,
    colorTextSecondary: COLOR.soft,
    colorTextTertiary: COLOR.soft,
    colorTextDescription: COLOR.soft,
    colorTextPlaceholder: '#667085',
    colorTextDisabled: '#667085',
    colorBgLayout: COLOR.ground,
    colorBorder: '#b9c2d0',
    colorBorderSecondary: COLOR.line,
    fontFamily: FONT,
    fontSize: 14,
    lineHeight: 1.6,
    borderRadius: 6,
    controlHeight: 34,
    wireframe: false,
    motionDurationMid: '0.12s',
    motionDurationSlow: '0.16s',
  },
  components: {
    Layout: { headerBg: COLOR.paper, siderBg: COLOR.paper, bodyBg: COLOR.ground, headerHeight: 52, headerPadding: '0 16px' },
    Alert: { withDescriptionPadding: '10px 14px', withDescriptionIconSize: 18, defaultPadding: '7px 12px' },
    Menu: { itemHeight: 36, itemSelectedBg: COLOR.actGround, itemSelectedColor: COLOR.act, itemMarginInline: 8,
      iconSize: 16, groupTitleColor: COLOR.soft, activeBarBorderWidth: 0 },
    Table: { headerBg: '#f8f9fb', headerColor: COLOR.soft, headerSplitColor: 'transparent', cellPaddingBlockSM: 7,
      cellPaddingInlineSM: 10, rowHoverBg: '#f6f8fd' },
    Tabs: { horizontalMargin: '0 0 16px 0' },
    Card: { paddingLG: 20 },
    Tag: { defaultBg: '#f2f4f7', defaultColor: COLOR.ink },
    Descriptions: { itemPaddingBottom: 8, labelColor: COLOR.soft },
    Form: { itemMarginBottom: 18 },
  },
};

/* The same colours for base.css: theme.ts stays the one place that knows them. */
export function setStyleVariables(root: HTMLElement) {
  for (const [name, value] of Object.entries(COLOR)) root.style.setProperty(`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, value);
  for (const [lang, value] of Object.entries(FONTS)) root.style.setProperty(`--font-${lang}`, value);
}
