import { render } from 'preact';
import { App } from './app.tsx';
import { resumeSession } from './state/session.ts';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
void resumeSession();
