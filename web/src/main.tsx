import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router-dom';
import { I18nProvider } from './i18n';
import { SessionProvider } from './app/session';
import { Gate } from './app/gate';
import { Authorize, SignOut } from './pages/authorize';
import { setStyleVariables } from './theme';
import './base.css';

const OpenList = lazy(() => import('./pages/open').then((m) => ({ default: m.OpenList })));
const OpenOne = lazy(() => import('./pages/open').then((m) => ({ default: m.OpenOne })));
const Shell = lazy(() => import('./app/shell'));

const router = createBrowserRouter(
  [
    { path: '/authorize', element: <Authorize /> },
    { path: '/open', element: <OpenList /> },
    { path: '/open/:release', element: <OpenOne /> },
    { path: '/sign-out', element: <SignOut /> },
    { path: '*', element: <Gate shell={Shell} /> },
  ],
  { future: { v7_relativeSplatPath: true, v7_startTransition: true } as object },
);

setStyleVariables(document.documentElement);
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <I18nProvider>
        <SessionProvider>
          <Suspense fallback={null}>
            <RouterProvider router={router} />
          </Suspense>
        </SessionProvider>
      </I18nProvider>
    </StrictMode>,
  );
