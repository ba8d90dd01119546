async function render({ model, el }) {
  comeAlive(model, el);
  el.innerHTML = model.get("_page");
  const root = el.querySelector(".srkit-compare");
  let waiting = 0;
  const changed = (view) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      model.set("view", JSON.parse(JSON.stringify(view)));
      model.save_changes();
    }, 60);
  };
  const config = JSON.parse(model.get("_config"));
  const viewer = await mount(root, { ...config, view: { ...config.view, ...model.get("view") } }, { changed });
  if (!viewer) return undefined;
  changed(viewer.view);
  const follow = () => viewer.set(model.get("view"));
  model.on("change:view", follow);
  return () => model.off("change:view", follow);
}
export default { render };
