const here = document.currentScript?.closest(".srkit-votes");
const roots = here ? [here] : document.querySelectorAll(".srkit-votes:not([data-srkit-mounted])");
for (const root of roots) openVotes(root, JSON.parse(root.dataset.config));
