const here = document.currentScript?.closest(".srkit-compare");
const roots = here ? [here] : document.querySelectorAll(".srkit-compare:not([data-srkit-mounted])");
for (const root of roots) mount(root, JSON.parse(root.dataset.config));
