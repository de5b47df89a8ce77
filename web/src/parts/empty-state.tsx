import type { ReactNode } from 'react';

/* An empty page teaches: what would be here, how it gets here, a button to do it. */
export function EmptyState({ icon, what, how, action }: { icon?: ReactNode; what: ReactNode; how?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      {icon && <div className="empty-icon" aria-hidden="true">{icon}</div>}
      <p className="empty-what">{what}</p>
      {how && <p className="empty-how">{how}</p>}
      {action && <div className="empty-action">{action}</div>}
    </div>
  );
}
