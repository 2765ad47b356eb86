/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the API lives; `/api` when empty. */
  readonly VITE_API_BASE_URL?: string
  /** The release this page was built for, shown while the server does not tell its own. */
  readonly VITE_RELEASE?: string
}
