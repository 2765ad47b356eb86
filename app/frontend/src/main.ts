import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './App.vue'
import { createPageRouter } from './router'
import { useTheme } from './stores/theme'
import './styles/base.css'

const app = createApp(App).use(createPinia())
useTheme().apply()
app.use(createPageRouter()).mount('#app')
