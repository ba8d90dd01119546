async function render({ model, el }) {
  comeAlive(model, el);
  el.innerHTML = model.get("_page");
  let waiting = 0;
  const tell = (position) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      model.set("position", position);
      model.save_changes();
    }, 40);
  };
  const door = { ask: tell, moved: tell };
  const gallery = await openSliders(el.querySelector(".srkit-sliders"), JSON.parse(model.get("_config")), door);
  if (!gallery) return undefined;
  const answered = () => receivePage(gallery, model.get("_answer").html);
  const follow = () => gallery.goTo(model.get("position"));
  model.on("change:_answer", answered);
  model.on("change:position", follow);
  return () => {
    model.off("change:_answer", answered);
    model.off("change:position", follow);
  };
}
export default { render };
