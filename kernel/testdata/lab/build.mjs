// Bundles JupyterLab from its npm packages, as its own index.js does:
//   node build.mjs MODULES OUT
// MODULES is the folder with node_modules. OUT gets what Debian's jupyterlab-server serves:
// static/lab.js and lab.css, schemas and themes.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [root, out] = process.argv.slice(2);
const esbuild = createRequire(root + '/')('esbuild');
const modules = path.join(root, 'node_modules');

// These two manage packages on the server and are of no use here.
const without = ['@jupyterlab/extensionmanager-extension', '@jupyterlab/pluginmanager-extension'];
const packages = fs.readdirSync(path.join(modules, '@jupyterlab'))
  .map(name => ({ name: '@jupyterlab/' + name, dir: path.join(modules, '@jupyterlab', name) }))
  .map(p => ({ ...p, json: JSON.parse(fs.readFileSync(path.join(p.dir, 'package.json'))) }))
  .map(p => ({ ...p, lab: p.json.jupyterlab ?? {} }))
  .filter(p => !without.includes(p.name));

for (const p of packages.filter(p => p.lab.schemaDir && fs.existsSync(path.join(p.dir, p.lab.schemaDir)))) {
  const to = path.join(out, 'schemas', p.name);
  fs.cpSync(path.join(p.dir, p.lab.schemaDir), to, { recursive: true });
  fs.writeFileSync(path.join(to, 'package.json.orig'), JSON.stringify(p.json));
}

// The entry file: all styles, then all extensions, then the application.
const lines = packages
  .filter(p => p.name !== '@jupyterlab/metapackage' && p.json.style && fs.existsSync(path.join(p.dir, 'style/index.js')))
  .map(p => `import '${p.name}/style/index.js';`);
const imported = field => packages.filter(p => p.lab[field]).map(p => {
  const file = typeof p.lab[field] === 'string' ? '/' + p.lab[field].replace(/^\.?\//, '') : '';
  const name = 'x' + lines.length;
  lines.push(`import * as ${name} from '${p.name}${file}';`);
  return name;
});
const extensions = imported('extension'), mimeExtensions = imported('mimeExtension');
lines.push(`
import { PluginRegistry } from '@lumino/coreutils';
import { IConnectionStatus, IServiceManager } from '@jupyterlab/services';
import { JupyterLab } from '@jupyterlab/application';
const plugins = modules => modules.flatMap(m => m.default).filter(p => p);
const pluginRegistry = new PluginRegistry();
pluginRegistry.registerPlugins(plugins([${extensions}]));
const none = { matches: [], patterns: [] };
window.jupyterapp = new JupyterLab({
  pluginRegistry,
  serviceManager: await pluginRegistry.resolveRequiredService(IServiceManager),
  connectionStatus: await pluginRegistry.resolveOptionalService(IConnectionStatus),
  mimeExtensions: plugins([${mimeExtensions}]),
  disabled: none, deferred: none, availablePlugins: []
});
await jupyterapp.start({ hostID: 'main', bubblingKeydown: true });
`);
const shim = `export const process = { env: {}, cwd: () => '/', browser: true, nextTick: f => Promise.resolve().then(f) };`;

// In JavaScript an SVG is a text; in CSS it is an address.
const assets = {
  name: 'assets',
  setup(build) {
    build.onResolve({ filter: /^~/ }, a => ({ path: path.join(modules, a.path.slice(1)) }));
    build.onResolve({ filter: /^path$/ }, () => ({ path: path.join(modules, 'path-browserify/index.js') }));
    build.onResolve({ filter: /^process\/browser$/ }, () => ({ path: 'process', namespace: 'shim' }));
    build.onLoad({ filter: /.*/, namespace: 'shim' }, () => ({ contents: shim + ' export default process;' }));
    build.onResolve({ filter: /\.svg$/ }, a => a.kind === 'url-token' ? { path: path.resolve(a.resolveDir, a.path), namespace: 'address' } : undefined);
    build.onLoad({ filter: /.*/, namespace: 'address' }, a => ({ contents: fs.readFileSync(a.path), loader: 'dataurl' }));
  }
};
const files = { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file' };
const shimFile = path.join(out, 'shim.js');
fs.writeFileSync(shimFile, shim);
await esbuild.build({
  stdin: { contents: lines.join('\n'), resolveDir: root, loader: 'js' },
  outfile: path.join(out, 'static/lab.js'),
  bundle: true, format: 'esm', splitting: false, target: 'chrome120', logLevel: 'error', nodePaths: [modules],
  inject: [shimFile], plugins: [assets],
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis', __dirname: '"/"', PACKAGE_VERSION: '"3.2.2"', __webpack_public_path__: '""' },
  loader: { ...files, '.raw.css': 'text', '.svg': 'text', '.md': 'text', '.png': 'dataurl', '.gif': 'dataurl', '.jpg': 'dataurl' }
});
for (const theme of ['@jupyterlab/theme-light-extension', '@jupyterlab/theme-dark-extension']) {
  await esbuild.build({
    entryPoints: [path.join(modules, theme, 'style/theme.css')], outfile: path.join(out, 'themes', theme, 'index.css'),
    bundle: true, logLevel: 'error', loader: { ...files, '.svg': 'dataurl', '.png': 'dataurl' }
  });
}
