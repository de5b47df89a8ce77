/* What both the sign-in page and the account page show of a second factor: plain parts, for the former is small. */
import { useI18n } from '../i18n';

export function QrPicture({ offer }: { offer: { secret?: string; qr?: string } }) {
  const { t } = useI18n();
  return (
    <>
      <img className="qr" alt={t('signin.enrol.qr')} src={`data:image/svg+xml,${encodeURIComponent(offer.qr ?? '')}`} width="200" height="200" />
      <p className="soft">{t('signin.enrol.key')}<br /><code>{(offer.secret ?? '').replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
    </>
  );
}

export function RecoveryCodes({ codes }: { codes: string[] }) {
  const { t } = useI18n();
  return (
    <>
      <h2>{t('signin.recovery')}</h2>
      <p>{t('signin.recovery.lead')}</p>
      <ul className="recovery">{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ul>
    </>
  );
}
