import { SpoolProvider } from '@spool/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './components/app.js';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/list.css';
import './styles/messages.css';
import './styles/markdown.css';
import './styles/tools.css';
import './styles/composer.css';
import './styles/overview.css';

// The server is the one that the page came from, whatever else its address says.
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <SpoolProvider url={window.location.origin}>
      <App />
    </SpoolProvider>
  </StrictMode>,
);
