const here = document.currentScript?.closest(".srkit-sliders");
const roots = here ? [here] : document.querySelectorAll(".srkit-sliders:not([data-srkit-mounted])");
for (const root of roots) openSliders(root, JSON.parse(root.dataset.config));
