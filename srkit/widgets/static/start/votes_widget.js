function render({ model, el }) {
  comeAlive(model, el);
  el.innerHTML = model.get("_page");
  const changed = (cast) => {
    model.set("votes", JSON.parse(JSON.stringify(cast)));
    model.save_changes();
  };
  const config = JSON.parse(model.get("_config"));
  openVotes(el.querySelector(".srkit-votes"), { ...config, votes: model.get("votes") }, { changed });
}
export default { render };
