# %% [markdown]
# # Exercise 1: supervised super-resolution
#
# In this lesson you go once through everything a supervised method needs, in the order of the lecture's exercise: use a
# finished network, prepare data, train, fine-tune, add a network of your own, add a loss of your own. Five exercises,
# none longer than 15 lines; the rest runs by itself in a few minutes on a laptop without a GPU and without a network.
#
# **You will be able to** say what a training step does, statement by statement; write a small network and know that it
# is right before you train it; tell which part of a loss does how much.
#
# **You need** tensors and `nn.Module` in PyTorch, and from lesson 02 what PSNR on luma means.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 11.1 `self_ensemble` | 2 of 5 | 2 of 5 | 15 |
# | 11.2 `find_pairs` | 1 of 5 | 3 of 5 | 10 |
# | 11.3 `training_step` | 2 of 5 | 5 of 5 | 15 |
# | 11.4 `A2001SR` | 3 of 5 | 5 of 5 | 15 |
# | 11.5 `tv_loss` | 2 of 5 | 4 of 5 | 15 |
#
# Beneath each exercise stands a check. It answers in a second, says what is not right yet, and keeps the answer to
# itself. Stuck? `srkit.exercises.hint("tv_loss")` gives a nudge, `level=2` the concept, `level=3` the first step.

# %% [markdown] ko 11cf4a5c
# # 연습 1: 지도 학습 초해상도
#
# 이 수업에서는 지도 학습 방법에 필요한 모든 것을 강의의 연습 순서대로 한 번 거칩니다. 완성된 신경망을 쓰고, 데이터를 준비하고, 학습하고, 미세
# 조정하고, 자신의 신경망을 더하고, 자신의 손실을 더합니다. 15줄을 넘지 않는 연습 문제 다섯 개이며, 나머지는 그래픽 카드와 네트워크가 없는
# 노트북에서 몇 분 안에 저절로 실행됩니다.
#
# **할 수 있게 되는 것**: 학습 한 단계가 무엇을 하는지 문장 하나하나 말하기, 작은 신경망을 쓰고 학습하기 전에 그것이 옳은지 알기, 손실의 어느
# 부분이 얼마나 작용하는지 말하기.
#
# **필요한 것**: PyTorch의 텐서와 `nn.Module`, 그리고 수업 02에서 배운 휘도에서의 PSNR의 뜻.
#
# | 연습 문제 | 난이도 | 중요도 | 분 |
# |---|:-:|:-:|:-:|
# | 11.1 `self_ensemble` | 2 / 5 | 2 / 5 | 15 |
# | 11.2 `find_pairs` | 1 / 5 | 3 / 5 | 10 |
# | 11.3 `training_step` | 2 / 5 | 5 / 5 | 15 |
# | 11.4 `A2001SR` | 3 / 5 | 5 / 5 | 15 |
# | 11.5 `tv_loss` | 2 / 5 | 4 / 5 | 15 |
#
# 각 연습 문제 아래에는 확인 셀이 있습니다. 1초 안에 답하고, 아직 옳지 않은 것을 말하며, 정답은 말하지 않습니다. 막히면
# `srkit.exercises.hint("tv_loss")`가 귀띔을, `level=2`가 개념을, `level=3`이 첫걸음을 줍니다.

# %% setup
import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Below is a small photograph, enlarged by 2: by bicubic interpolation and by a network that somebody has trained
# already. It has four convolutions. Where do they differ, and by how much?

# %% [markdown] ko a1d6b6d7
# ## 사진 한 장과 질문 하나
#
# 아래는 2배로 확대한 작은 사진입니다. 하나는 바이큐빅 보간으로, 하나는 누군가 이미 학습시킨 신경망으로 확대했습니다. 신경망에는 합성곱이 네 개
# 있습니다. 둘은 어디에서, 얼마나 다를까요?

# %%
def finished_network():
    """The network trained for this course, or bicubic interpolation where its weights are not there."""
    try:
        return srkit.models.create("a2001sr", scale=2, pretrained="srkit")
    except srkit.errors.BadFile as problem:
        print("The trained weights are not here, so bicubic interpolation stands in for the network.", problem)
        return srkit.models.create("bicubic", scale=2)


def test_pairs():
    """Set5 if you have it (srkit data fetch set5), else the five photographs that come with the course."""
    try:
        return srkit.datasets.load("set5", scale=2)
    except srkit.errors.BadFile:
        return srkit.datasets.samples(scale=2)


net, bicubic, tests = finished_network(), srkit.models.create("bicubic", scale=2), test_pairs()
pair = tests[0]
srkit.widgets.compare(
    bicubic=srkit.upscale(pair.lr, bicubic),
    network=srkit.upscale(pair.lr, net),
    truth=pair.hr,
    scale=2,
    alt=f"The test image {pair.name}, enlarged by bicubic interpolation and by the network, beside the original.",
)

# %% [markdown]
# ### Your prediction
#
# A network is asked eight times, each time with the image turned or mirrored, and the eight answers are averaged. No
# weight is changed. What happens to the PSNR on the test images? Write your guess in place of the question mark, before
# you go on: `"falls"`, `"stays"` (within 0.01 dB) or `"rises"`.

# %% [markdown] ko 34bb62d8
# ### 여러분의 예측
#
# 한 신경망에 영상을 돌리거나 뒤집어 가며 여덟 번 묻고, 여덟 답을 평균합니다. 가중치는 하나도 바꾸지 않습니다. 테스트 영상의 PSNR은 어떻게
# 될까요? 계속하기 전에 물음표 대신 추측을 쓰십시오. `"falls"`(떨어진다), `"stays"`(0.01 dB 이내로 그대로다), `"rises"`(오른다).

# %%
guess = "?"
srkit.exercises.predict("11-self-ensemble", guess, choices=["falls", "stays", "rises"])

# %% [markdown]
# ## 1. Use a finished network
#
# ### The idea
#
# Turn a photograph upside down and it is still a photograph. A network is not quite as indifferent: the training of
# its kernels began at noise, so its answer to the turned image, turned back, differs a little from its answer to the upright
# one. These differences are errors, different ones in each of the eight attitudes a square image can take: four
# rotations, each with its mirror image. Averaging eight answers keeps what they agree on and evens out the rest:
#
# $$\hat{x} = \frac{1}{8} \sum_{k=1}^{8} T_k^{-1}\, f\!\left(T_k\, y\right)$$
#
# where $y$ is the small image, $f$ the network, and $T_k$ one of the eight moves. This is the *geometric self-ensemble*
# (Lim et al., *Enhanced Deep Residual Networks for Single Image Super-Resolution*, CVPRW 2017, section 4.3), the "+" in
# EDSR+ and RCAN+. In the lecture's command line it is the flag `--self_ensemble`.
#
# ### By hand: exercise 11.1
#
# Write it. `net` is anything that enlarges a batch `(b, 3, h, w)`, `lr` is such a batch, and `h` and `w` need not be
# equal. `lr.flip(2)` mirrors top and bottom, `lr.flip(3)` left and right, `lr.transpose(2, 3)` exchanges rows and
# columns.

# %% [markdown] ko 2a0ad418
# ## 1. 완성된 신경망 쓰기
#
# ### 아이디어
#
# 사진을 거꾸로 놓아도 여전히 사진입니다. 신경망은 그만큼 무심하지 않습니다. 그 커널의 학습은 노이즈에서 시작했으므로, 뒤집은 영상에 대한 답을 되돌린
# 것은 바로 선 영상에 대한 답과 조금 다릅니다. 그 차이는 오차이고, 정사각형 영상이 취할 수 있는 여덟 자세, 곧 네 번의 회전과 각각의 거울상에서
# 서로 다릅니다. 여덟 답을 평균하면 일치하는 것은 남고 나머지는 고르게 됩니다.
#
# $$\hat{x} = \frac{1}{8} \sum_{k=1}^{8} T_k^{-1}\, f\!\left(T_k\, y\right)$$
#
# 여기서 $y$는 작은 영상, $f$는 신경망, $T_k$는 여덟 움직임 가운데 하나입니다. 이것이 *기하학적 셀프 앙상블*(geometric self-ensemble; Lim et
# al., *Enhanced Deep Residual Networks for Single Image Super-Resolution*, CVPRW 2017, 4.3절)이며, EDSR+와 RCAN+의 "+"입니다. 강의의
# 명령줄에서는 `--self_ensemble` 옵션입니다.
#
# ### 손으로: 연습 문제 11.1
#
# 직접 쓰십시오. `net`은 배치 `(b, 3, h, w)`를 확대하는 무엇이든 되고, `lr`은 그런 배치이며, `h`와 `w`는 같지 않아도 됩니다. `lr.flip(2)`는
# 위아래를, `lr.flip(3)`은 좌우를 뒤집고, `lr.transpose(2, 3)`은 행과 열을 바꿉니다.

# %% exercise self_ensemble
def self_ensemble(net, lr):
    """Return the mean of the network's answers to the eight views of lr, each turned back: (b, 3, scale*h, scale*w)."""
    ### BEGIN SOLUTION
    total = 0
    for axes in ([], [2], [3], [2, 3]):
        view = lr.flip(axes)
        total = total + net(view).flip(axes)
        total = total + net(view.transpose(2, 3)).transpose(2, 3).flip(axes)
    return total / 8
    ### END SOLUTION

# %% check self_ensemble
srkit.exercises.check("self_ensemble", self_ensemble)

# %% [markdown]
# ### See it
#
# The same network, asked once and asked eight times.

# %% [markdown] ko 369f3fc9
# ### 보기
#
# 같은 신경망에 한 번 물은 것과 여덟 번 물은 것입니다.

# %%
class Ensemble(nn.Module):
    """A network asked eight times."""

    def __init__(self, net):
        super().__init__()
        self.net, self.scale = net, net.scale

    def forward(self, lr):
        return self_ensemble(self.net, lr)


once, eight_times = srkit.evaluate(net, tests), srkit.evaluate(Ensemble(net), tests)
gain = eight_times.mean.psnr - once.mean.psnr
print(f"asked once:   {once.mean.psnr:.3f} dB in {once.mean.seconds:.3f} s an image")
print(f"eight times:  {eight_times.mean.psnr:.3f} dB in {eight_times.mean.seconds:.3f} s an image")
srkit.exercises.recall("11-self-ensemble", "stays" if abs(gain) < 0.01 else "rises" if gain > 0 else "falls")

# %% [markdown]
# Most of what is gained is gained at no cost in training, and paid for with eight times the work. If bicubic
# interpolation stood in for the network you saw no change at all. Why not? Bicubic interpolation treats all eight
# directions alike, so the eight answers are the same.
#
# ### The library's version

# %% [markdown] ko 194669fb
# 얻는 것의 대부분은 학습에 드는 비용 없이 얻으며, 여덟 배의 계산으로 값을 치릅니다. 바이큐빅 보간이 신경망을 대신했다면 아무 변화도 보지
# 못했을 것입니다. 왜일까요? 바이큐빅 보간은 여덟 방향을 모두 똑같이 다루므로 여덟 답이 같습니다.
#
# ### 라이브러리의 구현

# %%
srkit.widgets.source(srkit.inference.self_ensemble)

# %% [markdown]
# ## 2. Prepare data
#
# ### The idea
#
# Supervised learning needs pairs: a large image $x$ and the small one $y$ it was reduced to. The lecture's data set A2001
# holds 291 photographs, the 91 of T91 and the 200 of BSDS200 (others call the same set SR291). Nobody photographed the
# small images; they were made, by MATLAB's `imresize` with its bicubic kernel. That one function decides what a network
# learns: it learns to undo *that* reduction and no other (lesson 12).
#
# The tree the lecture uses is that of EDSR-PyTorch:
#
# ```text
# Dataset/A2001/HR/baby.png
# Dataset/A2001/LR_bicubic/X2/babyx2.png
# ```
#
# If you have A2001 on disk (`srkit data fetch a2001`), the next cell copies it into such a tree; otherwise it takes the
# few photographs that come with the course. The small images are made by the library's `imresize`, which equals MATLAB's to the
# last bit, so you need no MATLAB.

# %% [markdown] ko 2dd65e2d
# ## 2. 데이터 준비하기
#
# ### 아이디어
#
# 지도 학습에는 쌍이 필요합니다. 큰 영상 $x$와 그것을 줄인 작은 영상 $y$입니다. 강의의 데이터 세트 A2001에는 사진 291장, 곧 T91의 91장과
# BSDS200의 200장이 있습니다(같은 세트를 SR291이라고도 합니다). 작은 영상은 아무도 찍지 않았습니다. MATLAB의 `imresize`가 바이큐빅 커널로
# 만들었습니다. 이 함수 하나가 신경망이 무엇을 배우는지 결정합니다. 신경망은 *그* 축소를 되돌리는 것을 배우고 다른 것은 배우지 않습니다(수업
# 12).
#
# 강의가 쓰는 폴더 구조는 EDSR-PyTorch의 것입니다.
#
# ```text
# Dataset/A2001/HR/baby.png
# Dataset/A2001/LR_bicubic/X2/babyx2.png
# ```
#
# 디스크에 A2001이 있으면(`srkit data fetch a2001`) 다음 셀이 그것을 이런 구조로 복사합니다. 없으면 강의에 딸린 사진 몇 장을 씁니다. 작은
# 영상은 라이브러리의 `imresize`가 만들며, MATLAB의 것과 마지막 비트까지 같으므로 MATLAB은 필요 없습니다.

# %%
folder = Path("runs/lesson_11/Dataset/A2001")
(folder / "HR").mkdir(parents=True, exist_ok=True)
try:
    photographs = srkit.datasets.load("a2001", scale=2)
except srkit.errors.BadFile:
    photographs = srkit.datasets.samples(scale=2, split="train")
for photograph in photographs:
    if not (folder / "HR" / f"{photograph.name}.png").exists():
        srkit.write(folder / "HR" / f"{photograph.name}.png", photograph.hr)
srkit.datasets.make_lr(folder, 2)
print(f"{len(photographs)} photographs in {folder}")

# %% [markdown]
# ### By hand: exercise 11.2
#
# Find the pairs of such a tree. Return a list of `(path of HR, path of LR)`, in the order of the HR names. Only visible
# `.png` files count (file systems leave `.DS_Store`, `._a.png` and `Thumbs.db` behind). A photograph without its small
# image is an error whose message names the missing file, for instance a `FileNotFoundError`: a silent gap would pair
# each photograph with its neighbour's small image, and the network would still learn *something*.

# %% [markdown] ko 8600f5ae
# ### 손으로: 연습 문제 11.2
#
# 그런 구조에서 쌍을 찾으십시오. `(HR의 경로, LR의 경로)`의 리스트를 HR 이름 순서로 돌려주십시오. 보이는 `.png` 파일만 셉니다(파일 시스템은
# `.DS_Store`, `._a.png`, `Thumbs.db` 같은 것을 남깁니다). 작은 영상이 없는 사진은 오류이며, 그 메시지는 빠진 파일의 이름을 말해야 합니다. 예를
# 들어 `FileNotFoundError`입니다. 조용히 건너뛰면 각 사진이 이웃의 작은 영상과 짝지어지고, 신경망은 그래도 *무언가*를 배울 것입니다.

# %% exercise find_pairs
def find_pairs(root, scale):
    """Return [(HR path, LR path), …] of the tree root/HR, root/LR_bicubic/X{scale}; root is a pathlib.Path."""
    ### BEGIN SOLUTION
    pairs = []
    for hr in sorted((root / "HR").glob("*.png")):
        if hr.name.startswith("."):
            continue
        lr = root / "LR_bicubic" / f"X{scale}" / f"{hr.stem}x{scale}.png"
        if not lr.is_file():
            raise FileNotFoundError(f"{hr.name} has no small partner: there is no {lr}")
        pairs.append((hr, lr))
    return pairs
    ### END SOLUTION

# %% check find_pairs
srkit.exercises.check("find_pairs", find_pairs)

# %% [markdown]
# ### See it
#
# One decorator puts your data set on the library's shelf, under a name of your own. From here on `"my_a2001"` works
# wherever a data set is named: `load`, `train`, `evaluate`, the command line. (The library has `"a2001"` as well; it
# refuses a second registration of a name instead of silently taking the last one.)

# %% [markdown] ko 0a6f54c2
# ### 보기
#
# 데코레이터 하나가 여러분의 데이터 세트를 여러분이 정한 이름으로 라이브러리의 선반에 올립니다. 이제부터 데이터 세트의 이름을 쓰는 곳이면
# 어디서나, 곧 `load`, `train`, `evaluate`, 명령줄에서 `"my_a2001"`이 통합니다. (라이브러리에도 `"a2001"`이 있습니다. 라이브러리는 같은 이름을
# 두 번 등록하면 조용히 마지막 것을 택하지 않고 거절합니다.)

# %%
@srkit.register_dataset("my_a2001")
def my_a2001(*, scale, root):
    found = find_pairs(Path(root or folder), scale)
    sources = [srkit.datasets.Source(hr.stem, hr=hr, lr=lr) for hr, lr in found]
    return srkit.datasets.Pairs(sources, name="my_a2001", scale=scale)


pairs = srkit.datasets.load("my_a2001", scale=2)
first = pairs[0]
print(f"{len(pairs)} pairs; the first is {first.name}: {tuple(first.lr.shape)} and {tuple(first.hr.shape)}")

# %% [markdown]
# A network is not trained on whole photographs but on small squares cut out of them, mirrored and turned at random.
# `patch=64` is the side of the **large** square, so the small one has 32 pixels. (The lecture's run is named `…P48` and
# is started with `--patch_size 64`: the name says 48 small pixels, the command 32. The command wins.)

# %% [markdown] ko 6feb59e6
# 신경망은 사진 전체로 학습하지 않고, 잘라 내어 무작위로 뒤집고 돌린 작은 정사각형으로 학습합니다. `patch=64`는 **큰** 패치(patch)의 한 변이므로
# 작은 것은 32픽셀입니다. (강의의 실행 이름은 `…P48`이고 `--patch_size 64`로 시작합니다. 이름은 작은 픽셀 48개, 명령은 32개라고 말합니다. 명령이
# 이깁니다.)

# %%
patches = srkit.datasets.Patches(pairs, patch=64, batch=8, seed=0)
lr, hr = patches.batch(0)
print("lr", tuple(lr.shape), " hr", tuple(hr.shape))
srkit.widgets.show(*hr[:4], titles=[f"patch {i}" for i in range(4)], alt="Four training patches of 64 pixels", zoom=2)

# %% [markdown]
# ## 3. Train
#
# ### The idea
#
# Training is one step, repeated. The network $f_\theta$ enlarges a batch, a loss says how far the result is from the truth,
# the gradient of the loss says in which direction each weight $\theta$ should move, and the optimiser moves it:
#
# $$\theta \leftarrow \theta - \eta\, \nabla_\theta\, \frac{1}{n} \sum_{i=1}^{n} \left\lVert f_\theta(y_i) - x_i \right\rVert_1$$
#
# ### By hand: exercise 11.3
#
# Six statements. `loss(sr, hr)` gives a tensor with one number, `optimiser` is any PyTorch optimiser that holds the
# network's weights. Return the loss as a plain Python number: a tensor would drag the whole computation behind it.

# %% [markdown] ko 5b99e6ea
# ## 3. 학습하기
#
# ### 아이디어
#
# 학습은 한 단계를 되풀이하는 것입니다. 신경망 $f_\theta$가 배치를 확대하고, 손실은 결과가 정답에서 얼마나 먼지 말하고, 손실의 기울기는 각
# 가중치 $\theta$가 어느 쪽으로 움직여야 하는지 말하고, 최적화기가 그것을 움직입니다.
#
# $$\theta \leftarrow \theta - \eta\, \nabla_\theta\, \frac{1}{n} \sum_{i=1}^{n} \left\lVert f_\theta(y_i) - x_i \right\rVert_1$$
#
# ### 손으로: 연습 문제 11.3
#
# 여섯 문장입니다. `loss(sr, hr)`은 수 하나가 든 텐서를 주고, `optimiser`는 신경망의 가중치를 쥔 PyTorch 최적화기입니다. 손실을 평범한 Python
# 수로 돌려주십시오. 텐서로 돌려주면 계산 전체가 그 뒤에 끌려옵니다.

# %% exercise training_step
def training_step(net, loss, optimiser, lr, hr):
    """Move the weights of net once, for one batch; return the loss the step was made from, as a float."""
    ### BEGIN SOLUTION
    optimiser.zero_grad()
    sr = net(lr)
    value = loss(sr, hr)
    value.backward()
    optimiser.step()
    return value.item()
    ### END SOLUTION

# %% check training_step
srkit.exercises.check("training_step", training_step)

# %% [markdown]
# ### See it
#
# The lecture trains RCAN here, which takes months on a CPU. ESPCN, a network of lesson 03, learns something in
# seconds. The loop is yours.

# %% [markdown] ko ee0f1744
# ### 보기
#
# 강의는 여기서 RCAN을 학습시키는데, CPU로는 몇 달이 걸립니다. 수업 03의 신경망 ESPCN은 몇 초 만에 무언가를 배웁니다. 반복문은 여러분의
# 것입니다.

# %%
espcn = srkit.models.create("espcn", scale=2)
twin = copy.deepcopy(espcn)
optimiser = torch.optim.Adam(espcn.parameters(), lr=1e-3)
l1 = srkit.losses.parse("1*L1")
mine = [training_step(espcn, l1, optimiser, *patches.batch(step)) for step in range(100)]
print(f"loss: {mine[0]:.4f} at the first step, {sum(mine[-10:]) / 10:.4f} over the last ten")

# %% [markdown]
# ### The library's version
#
# `srkit.train` makes a config and repeats `one_step`. Around the same six statements it adds what long runs need:
# a guard against NaN, checkpoints that survive a power cut, averaged weights, several machines.

# %% [markdown] ko f9e7c7b7
# ### 라이브러리의 구현
#
# `srkit.train`은 설정을 만들고 `one_step`을 되풀이합니다. 같은 여섯 문장 둘레에 긴 실행에 필요한 것을 더합니다. NaN을 막는 장치, 정전을 견디는
# 체크포인트, 평균한 가중치, 여러 대의 컴퓨터입니다.

# %%
srkit.widgets.source(srkit.training.one_step)

# %%
run = srkit.train(twin, pairs, steps=100, batch=8, patch=64, seed=0, learning_rate=1e-3)
gap = max(abs(a - b) for a, b in zip(mine, run.history["loss"], strict=True))
print(f"Largest difference between your 100 losses and the library's: {gap:.1e}")

# %% [markdown]
# ## 4. Fine-tune
#
# ### The idea
#
# Whoever has a trained network need not begin at random weights. *Fine-tuning* is training that begins at somebody
# else's end, usually with a smaller learning rate; in the lecture's command line it is `--pre_train FILE`. (There the
# path is written from the folder `src`, in which the command is run, so the file one level up is `../models/…`, not
# `./models/…` as printed.)
#
# ### See it
#
# The network of the first picture, once from random weights and once from its trained ones, both for a few steps on
# your data.

# %% [markdown] ko ed3a309e
# ## 4. 미세 조정하기
#
# ### 아이디어
#
# 학습된 신경망이 있으면 무작위 가중치에서 시작할 필요가 없습니다. *미세 조정*(fine-tuning)은 다른 사람이 끝낸 곳에서 시작하는 학습이고, 보통
# 더 작은 학습률로 합니다. 강의의 명령줄에서는 `--pre_train FILE`입니다. (거기서는 경로를 명령이 실행되는 폴더 `src`에서부터 쓰므로, 한 단계 위의
# 파일은 인쇄된 것처럼 `./models/…`가 아니라 `../models/…`입니다.)
#
# ### 보기
#
# 첫 사진의 신경망을 한 번은 무작위 가중치에서, 한 번은 학습된 가중치에서, 둘 다 여러분의 데이터로 몇 단계 학습합니다.

# %%
scratch = srkit.models.create("a2001sr", scale=2)
from_scratch = srkit.train(scratch, pairs, steps=40, batch=8, patch=64, learning_rate=1e-3)
begun = "trained" if list(net.parameters()) else "those"
if begun == "trained":
    tuned = copy.deepcopy(net)
    from_trained = srkit.train(tuned, pairs, steps=40, batch=8, patch=64, learning_rate=1e-5)
else:
    print("Without trained weights there is nothing to fine-tune: the run from random weights is simply continued.")
    tuned = copy.deepcopy(scratch)
    from_trained = srkit.train(tuned, pairs, steps=40, batch=8, patch=64, learning_rate=1e-4)

# %%
for name, result, network in (("random", from_scratch, scratch), (begun, from_trained, tuned)):
    losses = result.history["loss"]
    psnr = srkit.evaluate(network, tests).mean.psnr
    print(f"from {name:7} weights: loss {losses[0]:.4f} -> {losses[-1]:.4f}, {psnr:.2f} dB on {once.dataset}")

# %% [markdown]
# ## 5. Add a network of your own
#
# ### The idea
#
# A2001SR is the network of the first picture. It computes at the small size, enlarges its features at the very end with
# a pixel shuffle (lesson 04), and learns only the *residual*, what bicubic interpolation misses (lesson 05):
#
# | what | channels | size |
# |---|---|---|
# | 5x5 convolution, ReLU | 3 → 32 | h x w |
# | 3x3 convolution, ReLU | 32 → 64 | h x w |
# | 3x3 convolution | 64 → 256 | h x w |
# | pixel shuffle by 2 | 256 → 64 | 2h x 2w |
# | 3x3 convolution | 64 → 3 | 2h x 2w |
# | plus the bicubic enlargement of the input | 3 | 2h x 2w |
#
# No convolution changes the size of the image, every one has a bias, and there is no ReLU but the two in the table. The
# bicubic enlargement is `F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)`.
#
# ### By hand: exercise 11.4
#
# Count the parameters on paper before you write the class; the check counts them too. Any `scale` but 2 is refused
# with a `ValueError`: the lecture's code would take 4 and enlarge by 2.

# %% [markdown] ko 06cc1bc5
# ## 5. 자신의 신경망 더하기
#
# ### 아이디어
#
# A2001SR은 첫 사진의 신경망입니다. 작은 크기에서 계산하고, 맨 끝에서 픽셀 셔플(수업 04)로 특징을 확대하며, *잔차*(수업 05), 곧 바이큐빅 보간이
# 놓친 것만 배웁니다.
#
# | 무엇 | 채널 | 크기 |
# |---|---|---|
# | 5x5 합성곱, ReLU | 3 → 32 | h x w |
# | 3x3 합성곱, ReLU | 32 → 64 | h x w |
# | 3x3 합성곱 | 64 → 256 | h x w |
# | 2배 픽셀 셔플 | 256 → 64 | 2h x 2w |
# | 3x3 합성곱 | 64 → 3 | 2h x 2w |
# | 더하기 입력의 바이큐빅 확대 | 3 | 2h x 2w |
#
# 어느 합성곱도 영상의 크기를 바꾸지 않고, 모두 편향이 있으며, 표에 있는 둘 말고는 ReLU가 없습니다. 바이큐빅 확대는 `F.interpolate(lr,
# scale_factor=2, mode="bicubic", align_corners=False)`입니다.
#
# ### 손으로: 연습 문제 11.4
#
# 클래스를 쓰기 전에 종이 위에서 파라미터를 세십시오. 확인 셀도 셉니다. 2가 아닌 `scale`은 `ValueError`로 거절합니다. 강의의 코드는 4를 받고 2배로
# 확대할 것입니다.

# %% exercise a2001sr
class A2001SR(nn.Module):
    """Four convolutions that add to the bicubic image what it misses: (b, 3, h, w) -> (b, 3, 2h, 2w)."""

    def __init__(self, scale):
        super().__init__()
        self.scale = scale
        ### BEGIN SOLUTION
        if scale != 2:
            raise ValueError(f"A2001SR enlarges by 2, not by {scale}")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)
        ### END SOLUTION

    def forward(self, lr):
        ### BEGIN SOLUTION
        x = F.relu(self.conv1(lr))  # (b, 32, h, w)
        x = F.relu(self.conv2(x))  # (b, 64, h, w)
        x = F.pixel_shuffle(self.conv3(x), 2)  # (b, 64, 2h, 2w)
        residual = self.conv4(x)  # (b, 3, 2h, 2w)
        return residual + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)
        ### END SOLUTION

# %% check a2001sr
srkit.exercises.check("a2001sr", A2001SR)

# %% [markdown]
# ### See it
#
# Is your network the one of the first picture? Then it must take that network's weights. The shapes of its tensors are
# all different, so they can be matched by shape, whatever you called them. And an untrained network with its last layer
# at zero must be bicubic interpolation, exactly.

# %% [markdown] ko 58d4542b
# ### 보기
#
# 여러분의 신경망이 첫 사진의 신경망일까요? 그렇다면 그 신경망의 가중치를 받아들여야 합니다. 텐서의 모양이 모두 다르므로, 이름을 무엇이라 지었든
# 모양으로 짝지을 수 있습니다. 그리고 마지막 층이 0인 학습되지 않은 신경망은 정확히 바이큐빅 보간이어야 합니다.

# %%
my_net = A2001SR(scale=2)
trained = {tuple(p.shape): p for p in net.parameters()}
with torch.no_grad():
    twin_of_net = copy.deepcopy(my_net)
    for parameter in twin_of_net.parameters():
        parameter.copy_(trained.get(tuple(parameter.shape), parameter))
    difference = (twin_of_net(first.lr[None]) - net(first.lr[None])).abs().max()
if trained:
    print(f"Your network with the trained weights and the library's: largest difference {difference:.1e}")
else:
    print("The trained weights are not here, so there is nothing to copy.")

# %% [markdown]
# Register it, with a card that says what it is. Then train it: `srkit.train` takes your network and your data set, and
# so would `srkit train --plugin my_file.py --net my_a2001sr`.

# %% [markdown] ko a4326662
# 무엇인지 말하는 카드와 함께 등록하십시오. 그다음 학습합니다. `srkit.train`은 여러분의 신경망과 데이터 세트를 받으며, `srkit train --plugin
# my_file.py --net my_a2001sr`도 그렇습니다.

# %%
CARD = srkit.models.Card(
    title="A2001SR, my version",
    year=2026,
    citation="Exercise 1 of this course",
    url="https://github.com/thstkdgus35/EDSR-PyTorch",
    framework="post-upsampling",
    idea="Four convolutions and a pixel shuffle add to the bicubic image what it misses.",
    lesson="11",
    scales=(2,),
    parameters={2: sum(p.numel() for p in my_net.parameters())},
    parameters_source="counted in this notebook",
)
srkit.register_model("my_a2001sr", CARD)(A2001SR)

STEPS = 100
torch.manual_seed(0)
with_l1 = srkit.models.create("my_a2001sr", scale=2)
start = copy.deepcopy(with_l1.state_dict())
run_l1 = srkit.train(with_l1, "my_a2001", root=folder, steps=STEPS, batch=8, patch=64, loss="1*L1", learning_rate=1e-3)
run_l1

# %%
run_l1.history.plot().savefig("runs/lesson_11/loss.png", dpi=80)
losses = run_l1.history["loss"]
srkit.widgets.show(
    Path("runs/lesson_11/loss.png"),
    alt=f"The L1 loss over {STEPS} steps; it begins at {losses[0]:.3f} and ends at {losses[-1]:.3f}.",
)

# %%
srkit.widgets.compare(
    bicubic=srkit.upscale(pair.lr, bicubic),
    mine=srkit.upscale(pair.lr, with_l1),
    truth=pair.hr,
    scale=2,
    alt=f"The test image {pair.name}: bicubic interpolation, your network after {STEPS} steps, and the original.",
)

# %% [markdown]
# ### The library's version

# %% [markdown] ko 49e2c8ec
# ### 라이브러리의 구현

# %%
srkit.widgets.source(type(srkit.models.create("a2001sr", scale=2)))

# %% [markdown]
# Your network, drawn from what it did with an image: a part is as tall as the image in it is large, and a number on an
# arrow counts channels. Compare with the table: which part makes the image larger, and which path goes round everything?

# %% [markdown] ko 49533688
# 여러분의 신경망이 영상으로 한 일을 그린 그림입니다. 부분의 높이는 그 안에 있는 영상의 크기를, 화살표 위의 숫자는 채널의 수를 나타냅니다. 표와
# 견주어 보십시오. 영상을 크게 만드는 부분은 어느 것이고, 모든 것을 돌아가는 길은 어느 것입니까?

# %%
srkit.widgets.diagram(with_l1)

# %% [markdown]
# ## 6. Add a loss of your own
#
# ### The idea
#
# The total variation of an image is the mean length of its steps from pixel to pixel (Rudin, Osher and Fatemi, Physica
# D 60, 1992). For one image with $c$ channels of $h \times w$ pixels:
#
# $$\mathrm{TV}(x) = \frac{1}{h\,w\,c} \sum_{k,i,j} \sqrt{\left(x_{k,i,j} - x_{k,i,j+1}\right)^2 + \left(x_{k,i,j} - x_{k,i+1,j}\right)^2}$$
#
# Noise makes it large, and so does texture: total variation does not know one from the other. Added to the loss with a
# small weight it asks for a smooth image.
#
# Three things the slide leaves open. Its text speaks of absolute differences, its formula takes the length of the
# step; we take the formula. At the last row and column there is no neighbour, so both differences are cut to
# $(h-1) \times (w-1)$, and whether one then divides by $hw$ or by $(h-1)(w-1)$ is a matter of taste: both count as right. And
# the square root has an infinite slope at zero, which turns a flat patch into a NaN gradient unless you prevent it.
#
# ### Your prediction
#
# In `1*L1+0.001*TV`, how much of the loss is the TV term at the end of a short training: `"under 1 %"`, `"1 to 10 %"` or
# `"over 10 %"`?

# %% [markdown] ko 442d4d1a
# ## 6. 자신의 손실 더하기
#
# ### 아이디어
#
# 영상의 총변동(total variation)은 픽셀에서 픽셀로 가는 걸음의 평균 길이입니다(Rudin, Osher, Fatemi, Physica D 60, 1992). $h \times w$ 픽셀의 채널이
# $c$개인 영상 하나에 대해 다음과 같습니다.
#
# $$\mathrm{TV}(x) = \frac{1}{h\,w\,c} \sum_{k,i,j} \sqrt{\left(x_{k,i,j} - x_{k,i,j+1}\right)^2 + \left(x_{k,i,j} - x_{k,i+1,j}\right)^2}$$
#
# 노이즈는 이것을 크게 하고, 질감도 그렇습니다. 총변동은 둘을 구별하지 못합니다. 작은 가중치로 손실에 더하면 매끄러운 영상을 요구합니다.
#
# 슬라이드가 정하지 않은 것이 셋 있습니다. 글은 절댓값 차이를 말하고 공식은 걸음의 길이를 취합니다. 우리는 공식을 따릅니다. 마지막 행과 열에는
# 이웃이 없으므로 두 차이를 $(h-1) \times (w-1)$로 자르는데, 그다음 $hw$로 나눌지 $(h-1)(w-1)$로 나눌지는 취향입니다. 둘 다 옳은 것으로 칩니다.
# 그리고 제곱근은 0에서 기울기가 무한하므로, 막지 않으면 평평한 패치(patch)의 기울기가 NaN이 됩니다.
#
# ### 여러분의 예측
#
# `1*L1+0.001*TV`에서 짧은 학습이 끝났을 때 TV 항은 손실의 얼마일까요? `"under 1 %"`, `"1 to 10 %"`, `"over 10 %"` 가운데 고르십시오.

# %%
guess = "?"
srkit.exercises.predict("11-tv-share", guess, choices=["under 1 %", "1 to 10 %", "over 10 %"])

# %% [markdown]
# ### By hand: exercise 11.5
#
# `sr` is a batch `(b, c, h, w)`; return one number as a tensor, averaged over the batch. No loops.

# %% [markdown] ko 74f60864
# ### 손으로: 연습 문제 11.5
#
# `sr`은 배치 `(b, c, h, w)`입니다. 배치에 대해 평균한 수 하나를 텐서로 돌려주십시오. 반복문은 쓰지 않습니다.

# %% exercise tv_loss
def tv_loss(sr):
    """Return the isotropic total variation of a batch (b, c, h, w), a tensor with one number."""
    ### BEGIN SOLUTION
    corner = sr[:, :, :-1, :-1]
    dx = corner - sr[:, :, :-1, 1:]  # (b, c, h-1, w-1)
    dy = corner - sr[:, :, 1:, :-1]  # (b, c, h-1, w-1)
    return torch.sqrt(dx**2 + dy**2 + 1e-12).mean()
    ### END SOLUTION

# %% check tv_loss
srkit.exercises.check("tv_loss", tv_loss)

# %% [markdown]
# ### See it
#
# Your loss gets a name, and the name goes into the formula. (In the lecture's code a new loss is a branch of an
# `if`, "at line 28", which holds for one version of the file only; forgetting it gives no error. Here an unknown name is
# an error that lists the known ones.)

# %% [markdown] ko 391c8c70
# ### 보기
#
# 여러분의 손실은 이름을 얻고, 그 이름은 공식에 들어갑니다. (강의의 코드에서 새 손실은 `if`의 한 갈래이고, "28번째 줄"은 파일의 한 판에서만
# 맞습니다. 잊어도 오류가 나지 않습니다. 여기서는 모르는 이름이 오류이고, 아는 이름들을 보여 줍니다.)

# %%
@srkit.register_loss("my_tv")
def my_tv(sr, hr):
    return tv_loss(sr)


results = {"0": with_l1}
for weight in ("0.001", "0.1", "1"):
    torch.manual_seed(0)
    results[weight] = srkit.models.create("my_a2001sr", scale=2)
    results[weight].load_state_dict(start)
    srkit.train(
        results[weight],
        "my_a2001",
        root=folder,
        steps=STEPS,
        batch=8,
        patch=64,
        loss=f"1*L1+{weight}*my_tv",
        learning_rate=1e-3,
    )

# %%
loss = srkit.losses.parse("1*L1+0.001*my_tv")
with torch.no_grad():
    terms = loss.terms(results["0.001"](lr), hr)
share = 100 * float(terms["my_tv"] / sum(terms.values()))
print({name: f"{float(value):.5f}" for name, value in terms.items()})
srkit.exercises.recall("11-tv-share", "under 1 %" if share < 1 else "1 to 10 %" if share <= 10 else "over 10 %")

# %% [markdown]
# At the weight the lecture gives, total variation is a whisper. Turn it up and it is heard:

# %% [markdown] ko 80e42a38
# 강의가 준 가중치에서 총변동은 속삭임입니다. 높이면 들립니다.

# %%
print("weight   PSNR (dB)   TV of the result")
for weight, network in results.items():
    table = srkit.evaluate(network, tests)
    variation = sum(float(tv_loss(srkit.upscale(p.lr, network)[None])) for p in tests) / len(tests)
    print(f"{weight:>6}   {table.mean.psnr:9.2f}   {variation:.4f}")
print(f" truth               {sum(float(tv_loss(p.hr[None])) for p in tests) / len(tests):.4f}")

# %%
srkit.widgets.compare(
    {f"TV weight {weight}": srkit.upscale(pair.lr, network) for weight, network in results.items()},
    truth=pair.hr,
    scale=2,
    alt=f"The test image {pair.name} from four networks; the larger the weight of total variation, the smoother.",
)

# %%
srkit.widgets.tv_lab(pair.hr[:, 72:136, 80:160], strengths=(0, 0.02, 0.05, 0.1, 0.2))

# %% [markdown]
# The truth has more variation than any of the results, and total variation pulls away from it. It is a remedy for
# noise, not for blur.
#
# ### The library's version

# %% [markdown] ko 39878480
# 정답은 어느 결과보다도 변동이 크고, 총변동은 그것에서 멀어지게 당깁니다. 총변동(total variation)은 흐림이 아니라 노이즈에 대한 처방입니다.
#
# ### 라이브러리의 구현

# %%
srkit.widgets.source(srkit.losses.tv)

# %% [markdown]
# ## What was reported, what we got
#
# Numbers for Set5 at x2, PSNR on luma, two pixels of border left out. The published ones stand in the networks' cards
# together with their source. Yours come from the cells above; if you worked with the sample photographs they are
# numbers for other images and must not be put beside the rest.

# %% [markdown] ko 966f3ebd
# ## 보고된 것과 우리가 얻은 것
#
# Set5의 2배에 대한 값이며, 휘도에서 잰 PSNR이고, 경계 두 픽셀은 뺍니다. 발표된 값은 출처와 함께 신경망의 카드에 있습니다. 여러분의 값은 위의
# 셀에서 옵니다. 샘플 사진으로 했다면 다른 영상에 대한 값이므로 나머지 옆에 놓아서는 안 됩니다.

# %%
from IPython.display import Markdown

rows = ["| what | images | PSNR (dB) | where the number is from |", "|---|---|--:|---|"]
for name in ("bicubic", "srcnn", "a2001sr"):
    card = srkit.models.card(name)
    for score in (*card.published, *card.measured):
        if score.dataset == "set5" and score.scale == 2:
            rows.append(f"| {card.title} | Set5 | {score.psnr:.2f} | {score.source} |")
for what, network in (("bicubic", bicubic), ("trained network", net), (f"yours, {STEPS} steps", with_l1)):
    rows.append(f"| {what} | {tests.name} | {srkit.evaluate(network, tests).mean.psnr:.2f} | this notebook |")
Markdown("\n".join(rows))

# %% [markdown]
# ## Your own photograph
#
# Put the path of an image in place of `None`. Without one, a sample is taken. Compare the plain network with the
# self-ensemble, and both with bicubic interpolation: there is no truth to measure against now, only your eyes.

# %% [markdown] ko d2fba7d2
# ## 여러분의 사진
#
# `None` 대신 영상의 경로를 쓰십시오. 없으면 샘플을 씁니다. 그냥 신경망과 셀프 앙상블을, 그리고 둘을 바이큐빅 보간과 비교하십시오. 이제는 견줄
# 정답이 없고 여러분의 눈만 있습니다.

# %%
photo = None

photographs = srkit.datasets.samples(scale=2, split="photographs")
image = srkit.read(photo) if photo else photographs[photographs.names.index("wine")].lr
top, left = max(0, image.shape[1] // 2 - 120), max(0, image.shape[2] // 2 - 160)
detail = image[:, top : top + 240, left : left + 320]
srkit.widgets.compare(
    {
        "bicubic": srkit.upscale(detail, bicubic),
        "network": srkit.upscale(detail, net),
        "network, eight times": srkit.upscale(detail, net, ensemble=True),
    },
    height=600,
    alt="The middle of the photograph, enlarged by 2 in three ways.",
)

# %% [markdown]
# ## If you follow the original instructions
#
# The lecture's exercise runs in EDSR-PyTorch. A few of its lines do not work as printed:
#
# | printed | what works |
# |---|---|
# | `--pre_train ./models/RCAN_BIX4.pt`, run from `src` | `--pre_train ../models/RCAN_BIX4.pt` |
# | `cd EDSR-Pytorch` | `cd EDSR-PyTorch`: upper and lower case matter |
# | `&&` or `¶` at the end of a line | both stand for the line continuation `\` |
# | save name `…P48` with `--patch_size 64` | patch sizes are HR pixels; 64 at x2 is 32 small pixels |
# | rename `SR291` to `A2001` | it must hold `HR` and `LR_bicubic/X2`, and the small files end in `x2.png` |
# | PyTorch 1.12 for CUDA 10.2, Python 3.8 | cannot be installed on a current system; this course runs on current ones |
# | the TV branch "at line 28" | put it just before the branch for `VGG`, wherever that is |
# | MATLAB is required | it is not: `srkit data make-lr FOLDER` writes the same images |
#
# ## Recap
#
# * A finished network can be asked eight times; data is pairs and the function that made them; training is six
#   statements; fine-tuning is training that begins elsewhere; a network that adds to the bicubic image begins its
#   training where bicubic interpolation ends.
# * Check a network before you train it: parameters, sizes, and a special case whose answer you know.
# * A term of a loss is as important as its share, and the share can be measured.
#
# Three questions to see whether it stayed:
#
# <details><summary>Why must the eight results be turned back before they are averaged?</summary>Because the mean is
# taken pixel by pixel, and only after turning back does a pixel mean the same place in all eight.</details>
# <details><summary>What happens if the gradients are never cleared?</summary>Each step uses the sum of all gradients
# so far: the network keeps running in old directions, faster and faster.</details>
# <details><summary>Your network gives exactly the bicubic image. What do you suspect?</summary>The last layer is zero, or
# nothing was trained: the residual is all it learns.</details>
#
# **Further doors.** Lesson 03 has the four frameworks this network is one of, lesson 05 the residual, lesson 09 losses that
# see texture, lesson 12 what happens when the small image was *not* made by bicubic reduction. A task to carry over: give
# A2001SR a version for x4, with two pixel shuffles, and let its special case tell you whether it is right.

# %% [markdown] ko 0b44928f
# ## 원래의 지시를 따른다면
#
# 강의의 연습은 EDSR-PyTorch에서 실행됩니다. 몇 줄은 인쇄된 대로는 작동하지 않습니다.
#
# | 인쇄된 것 | 작동하는 것 |
# |---|---|
# | `src`에서 실행하는 `--pre_train ./models/RCAN_BIX4.pt` | `--pre_train ../models/RCAN_BIX4.pt` |
# | `cd EDSR-Pytorch` | `cd EDSR-PyTorch`: 대문자와 소문자는 다릅니다 |
# | 줄 끝의 `&&` 또는 `¶` | 둘 다 줄 이음 `\`를 뜻합니다 |
# | `--patch_size 64`인데 저장 이름은 `…P48` | 패치(patch) 크기는 HR 픽셀입니다. 2배에서 64는 작은 픽셀 32개입니다 |
# | `SR291`의 이름을 `A2001`로 바꾸기 | `HR`과 `LR_bicubic/X2`가 들어 있어야 하고, 작은 파일의 이름은 `x2.png`로 끝납니다 |
# | CUDA 10.2용 PyTorch 1.12, Python 3.8 | 현재 시스템에는 설치할 수 없습니다. 이 강의는 현재 시스템에서 실행됩니다 |
# | "28번째 줄"의 TV 갈래 | 그것이 어디에 있든 `VGG` 갈래 바로 앞에 놓으십시오 |
# | MATLAB 필수 | 필수가 아닙니다. `srkit data make-lr FOLDER`가 같은 영상을 만듭니다 |
#
# ## 정리
#
# * 완성된 신경망에는 여덟 번 물을 수 있습니다. 데이터는 쌍과 그 쌍을 만든 함수입니다. 학습은 여섯 문장입니다. 미세 조정(fine-tuning)은 다른
#   곳에서 시작하는 학습입니다. 바이큐빅 영상에 더하는 신경망은 바이큐빅 보간이 끝나는 곳에서 학습을 시작합니다.
# * 학습하기 전에 신경망을 확인하십시오. 파라미터, 크기, 그리고 답을 아는 특별한 경우입니다.
# * 손실의 한 항은 그 몫만큼 중요하고, 몫은 잴 수 있습니다.
#
# 잘 남았는지 알아보는 세 가지 질문:
#
# <details><summary>여덟 결과를 평균하기 전에 왜 되돌려야 합니까?</summary>평균은 픽셀마다 취하고, 되돌린 뒤에야 한 픽셀이 여덟 영상 모두에서
# 같은 자리를 뜻하기 때문입니다.</details>
# <details><summary>기울기를 한 번도 지우지 않으면 어떻게 됩니까?</summary>각 단계가 지금까지의 모든 기울기의 합을 씁니다. 신경망은 옛 방향으로
# 점점 더 빨리 달립니다.</details>
# <details><summary>신경망이 정확히 바이큐빅 영상을 줍니다. 무엇을 의심합니까?</summary>마지막 층이 0이거나 아무것도 학습되지 않았습니다. 배우는
# 것은 잔차뿐입니다.</details>
#
# **더 나아가기.** 수업 03에는 이 신경망이 속하는 네 가지 틀이, 수업 05에는 잔차가, 수업 09에는 질감을 보는 손실이, 수업 12에는 작은 영상이 바이큐빅
# 축소로 만들어지지 *않았을* 때 일어나는 일이 있습니다. 이어서 할 과제: A2001SR에 픽셀 셔플 두 개로 4배 판을 만들고, 특별한 경우로 그것이 옳은지
# 확인하십시오.
