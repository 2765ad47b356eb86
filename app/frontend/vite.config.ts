import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

import { precompress } from './plugins/precompress.ts'

/** Where `npm run dev` finds the API; in production the edge joins the two. */
const api = process.env['AGENTCHAT_API'] ?? 'http://127.0.0.1:7860'

export default defineConfig({
  plugins: [vue(), precompress()],
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: address would need its own hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // The libraries change seldom: a release of the page alone leaves this file in the browser's cache.
        codeSplitting: { groups: [{ name: 'vendor', test: /node_modules/ }] },
      },
    },
  },
  server: { port: 5173, strictPort: true, proxy: { '/api': api, '/version': api } },
  test: { include: ['src/**/*.test.ts', 'plugins/**/*.test.ts'] },
})
