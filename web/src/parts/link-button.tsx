import { useHref, useNavigate } from 'react-router-dom';
import { Button, type ButtonProps } from 'antd';

/* A link that looks like a button: one element, so that a keyboard stops once and a new tab can be opened. */
export function LinkButton({ to, ...rest }: { to: string } & Omit<ButtonProps, 'href' | 'onClick'>) {
  const go = useNavigate();
  return (
    <Button
      {...rest}
      href={useHref(to)}
      onClick={(e) => {
        if (e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
        e.preventDefault();
        go(to);
      }}
    />
  );
}
