import { createClient } from './client'

/** The client that the page uses. */
export const api = createClient(import.meta.env.VITE_API_BASE_URL || '/api')

export { ApiError } from './client'
