import { createRouter, createWebHistory, type Router } from 'vue-router'

import { useSession } from './stores/session'
import ChatView from './views/ChatView.vue'
import EntryView from './views/EntryView.vue'

/** The page's addresses. Those of conversations are for people who are logged in, the others for those who are not. */
export function createPageRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/login', name: 'login', component: EntryView, props: { registering: false } },
      { path: '/register', name: 'register', component: EntryView, props: { registering: true } },
      { path: '/', name: 'new', component: ChatView },
      { path: '/c/:id', name: 'conversation', component: ChatView, props: true },
      { path: '/:rest(.*)', redirect: '/' },
    ],
  })
  router.beforeEach(async (to) => {
    const session = useSession()
    await session.resume()
    const entering = to.name === 'login' || to.name === 'register'
    if (!session.username && !entering) return { name: 'login', query: to.path === '/' ? {} : { next: to.path } }
    if (session.username && entering) return { name: 'new' }
    return true
  })
  return router
}
