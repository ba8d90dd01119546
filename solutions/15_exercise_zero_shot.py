# %% [markdown]
# # Exercise 2: zero-shot super-resolution
#
# All networks so far learned from photographs of other things. Zero-shot super-resolution (ZSSR: Shocher, Cohen, Irani,
# *"Zero-Shot" Super-Resolution using Deep Internal Learning*, CVPR 2018) learns from the one image it is to enlarge, while you
# wait. The lecture's second exercise runs a public program for it on Set14. Here you write its four moves, run the library's
# version, and compare it with a much older and much cheaper method that most tables leave out.
#
# **You will be able to** make training pairs out of a single image; say when its training should slow down and stop; judge a
# zero-shot method against the honest baseline; run it on your own photograph, with a kernel and with noise.
#
# **You need** lesson 11 (training, self-ensemble) and what a blur kernel is (lesson 12).
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 15.1 `father_and_son` | 1 of 5 | 5 of 5 | 10 |
# | 15.2 `should_cut` | 3 of 5 | 3 of 5 | 15 |
# | 15.3 `project_back` | 1 of 5 | 5 of 5 | 10 |
# | 15.4 `median_of_views` | 2 of 5 | 3 of 5 | 15 |

# %% [markdown] ko 66dbe87a
# # 연습 2: 제로샷 초해상도
#
# 지금까지의 모든 신경망은 다른 것을 찍은 사진에서 배웠습니다. 제로샷 초해상도(zero-shot super-resolution, ZSSR: Shocher, Cohen, Irani,
# *"Zero-Shot" Super-Resolution using Deep Internal Learning*, CVPR 2018)는 기다리는 동안, 확대하려는 바로 그 영상 한 장에서 배웁니다. 강의의 두
# 번째 연습은 공개된 프로그램을 Set14에서 실행합니다. 여기서는 그 네 가지 동작을 직접 쓰고, 라이브러리의 구현을 실행하고, 대부분의 표가 빠뜨리는
# 훨씬 오래되고 훨씬 값싼 방법과 비교합니다.
#
# **할 수 있게 되는 것**: 영상 한 장으로 학습 쌍 만들기, 학습을 언제 늦추고 멈출지 말하기, 제로샷 방법을 정직한 기준선과 견주어 판단하기, 커널과
# 노이즈와 함께 자신의 사진에서 실행하기.
#
# **필요한 것**: 수업 11(학습, 셀프 앙상블)과 블러 커널이 무엇인지(수업 12).
#
# | 연습 문제 | 난이도 | 중요도 | 분 |
# |---|:-:|:-:|:-:|
# | 15.1 `father_and_son` | 1 / 5 | 5 / 5 | 10 |
# | 15.2 `should_cut` | 3 / 5 | 3 / 5 | 15 |
# | 15.3 `project_back` | 1 / 5 | 5 / 5 | 10 |
# | 15.4 `median_of_views` | 2 / 5 | 3 / 5 | 15 |

# %% setup
import torch
import torch.nn.functional as F
from torch import nn

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# The small image below was made by a blur that no network of this course was trained for, and by taking every second pixel.
# Bicubic interpolation leaves it soft. Everything that is known about the scene is in these pixels. Is that enough to do
# better?

# %% [markdown] ko 625c8cdd
# ## 사진 한 장과 질문 하나
#
# 아래의 작은 영상은 이 강의의 어떤 신경망도 학습하지 않은 흐림과, 픽셀을 하나 걸러 하나씩 취하는 것으로 만들어졌습니다. 바이큐빅 보간은 그것을
# 부드러운 채로 둡니다. 장면에 대해 알려진 모든 것이 이 픽셀들 안에 있습니다. 더 잘하기에 충분할까요?

# %%
truth = srkit.datasets.samples(scale=2)[2].hr[:, 60:188, 90:218]
degrade = srkit.degrade.parse("blur(1.5, size=13, aligned=2) > down(2, kind=direct)")
lr = degrade(truth).clamp(0, 1)
bicubic = srkit.ops.imresize(lr, 2)
srkit.widgets.compare(bicubic=bicubic, truth=truth, scale=2, alt="A cat's eye: blurred, halved and enlarged; the truth")

# %% [markdown]
# ### Your prediction
#
# Three ways to enlarge it: a network of eight layers trained for a minute on this image alone, given the true kernel; the same
# network, without a kernel; and ten steps of *back-projection*, a formula of 1991 without any learning, given the true kernel. Which
# has the highest PSNR? Write `"network with kernel"`, `"network alone"` or `"formula"`.

# %% [markdown] ko 9482622e
# ### 여러분의 예측
#
# 확대하는 세 가지 방법이 있습니다. 이 영상만으로 1분 동안 학습하고 참 커널을 받은 여덟 층 신경망, 커널을 받지 못한 같은 신경망, 그리고 참 커널을
# 받은 *역투영*(back-projection) 열 단계입니다. 역투영은 학습이 전혀 없는 1991년의 공식입니다. PSNR이 가장 높은 것은 무엇일까요? `"network with
# kernel"`(커널을 아는 신경망), `"network alone"`(신경망만), `"formula"`(공식) 가운데 하나를 쓰십시오.

# %%
guess = "?"
choices = ["network with kernel", "network alone", "formula"]
srkit.exercises.predict("15-who-wins", guess, choices=choices)

# %% [markdown]
# ## 1. Where the training pairs come from
#
# ### The idea
#
# An image repeats itself: the edge of a near brick looks like that of a far brick, only larger. So the image at hand can play
# the large one. Cut a square out of it, the *father*; reduce it, the *son*. The network learns to make the father out of the
# son, and then is given the whole image as if it were a son:
#
# $$\theta^* = \operatorname{argmin}_\theta \left\lVert f_\theta\big((y * k)\downarrow_s\big) - y \right\rVert_1, \qquad \hat{x} = f_{\theta^*}(y)$$
#
# The father's reduction must be the one the image itself came by. That is the whole secret, and the reason why the kernel
# matters so much.
#
# ### By hand: exercise 15.1
#
# `lr` is `(c, h, w)`; return the square of `size` pixels that begins at row `top` and column `left`, and its reduction.
# `reduce` is a function from an image to a smaller one.

# %% [markdown] ko 47d0362b
# ## 1. 학습 쌍은 어디에서 오는가
#
# ### 아이디어
#
# 영상은 스스로를 되풀이합니다. 가까운 벽돌의 모서리는 먼 벽돌의 모서리와 비슷하고 다만 더 클 뿐입니다. 그래서 손에 든 영상이 큰 영상의 역할을 할
# 수 있습니다. 거기서 정사각형을 잘라 내면 *아버지*이고, 그것을 줄이면 *아들*입니다. 신경망은 아들에서 아버지를 만드는 것을 배우고, 그다음 영상
# 전체를 마치 아들인 것처럼 받습니다.
#
# $$\theta^* = \operatorname{argmin}_\theta \left\lVert f_\theta\big((y * k)\downarrow_s\big) - y \right\rVert_1, \qquad \hat{x} = f_{\theta^*}(y)$$
#
# 아버지를 줄이는 방법은 그 영상이 만들어진 방법과 같아야 합니다. 그것이 비밀의 전부이고, 커널이 그토록 중요한 까닭입니다.
#
# ### 손으로: 연습 문제 15.1
#
# `lr`은 `(c, h, w)`입니다. 행 `top`, 열 `left`에서 시작하는 `size` 픽셀의 정사각형과 그것을 줄인 것을 돌려주십시오. `reduce`는 영상을 더 작은
# 영상으로 바꾸는 함수입니다.

# %% exercise father_and_son
def father_and_son(lr, top, left, size, reduce):
    """Return (father, son): a square of lr, and the same reduced."""
    ### BEGIN SOLUTION
    father = lr[:, top : top + size, left : left + size]
    son = reduce(father)
    return father, son
    ### END SOLUTION

# %% check father_and_son
srkit.exercises.check("father_and_son", father_and_son)

# %% [markdown]
# ### See it
#
# The real thing also turns, mirrors and stretches the father, so that one image gives thousands of pairs.

# %% [markdown] ko 27f8b2e7
# ### 보기
#
# 실제 방법은 아버지를 돌리고 뒤집고 늘이기도 하므로, 영상 한 장이 수천 쌍을 줍니다.

# %%
pairs = [father_and_son(lr, top, left, 32, degrade) for top, left in ((0, 0), (10, 20), (30, 8))]
srkit.widgets.show(
    *(image.clamp(0, 1) for pair in pairs for image in pair),
    titles=["father", "son"] * 3,
    alt="Three squares of the small image, each beside its reduction",
    zoom=3,
    columns=6,
)

# %% [markdown]
# ## 2. When to slow down
#
# ### The idea
#
# There is no second image to validate on, and no time for a fixed schedule. ZSSR measures now and then how well it rebuilds its
# own input from a son, and lays a line through the last errors. With slope $m$ and the slope's standard deviation $\sigma_m$,
# the learning rate is divided by ten when
#
# $$-1.5\, m < \sigma_m$$
#
# in words: when the errors do not clearly fall any more. After the third cut training ends.
#
# ### By hand: exercise 15.2
#
# `errors` is a list, one error per equal step, and `ratio` the factor (1.5 above). Fit the line by least squares; the variance of
# the slope is $\sum r_i^2 / (n - 2) / \sum t_i^2$, where $r_i$ are the residuals and $t_i$ the steps counted from their middle.

# %% [markdown] ko 538130d0
# ## 2. 언제 늦출 것인가
#
# ### 아이디어
#
# 검증할 두 번째 영상도, 정해진 일정을 따를 시간도 없습니다. ZSSR은 이따금 아들에서 자기 입력을 얼마나 잘 되살리는지 재고, 최근의 오차들을 지나는
# 직선을 긋습니다. 기울기를 $m$, 기울기의 표준편차를 $\sigma_m$이라 하면, 다음일 때 학습률(learning rate)을 10으로 나눕니다.
#
# $$-1.5\, m < \sigma_m$$
#
# 말로 하면, 오차가 더는 분명히 줄지 않을 때입니다. 세 번째로 나눈 뒤에는 학습이 끝납니다.
#
# ### 손으로: 연습 문제 15.2
#
# `errors`는 같은 간격마다 잰 오차의 리스트이고, `ratio`는 배수입니다(위에서는 1.5). 최소제곱으로 직선을 맞추십시오. 기울기의 분산은
# $\sum r_i^2 / (n - 2) / \sum t_i^2$이며, $r_i$는 잔차, $t_i$는 가운데에서부터 센 단계입니다. (residual: 직선을 빼고 남은 것)

# %% exercise should_cut
def should_cut(errors, ratio):
    """Return whether the learning rate should be cut."""
    ### BEGIN SOLUTION
    n = len(errors)
    e = torch.tensor(errors, dtype=torch.float64)
    t = torch.arange(n, dtype=torch.float64) - (n - 1) / 2
    slope = (t * e).sum() / (t * t).sum()
    rest = e - e.mean() - slope * t
    deviation = (rest.square().sum() / (n - 2) / (t * t).sum()).sqrt()
    return bool(-ratio * slope < deviation)
    ### END SOLUTION

# %% check should_cut
srkit.exercises.check("should_cut", should_cut)

# %% [markdown]
# In the public PyTorch version of the program this rule is computed, and its result is stored in a variable that the optimiser
# never sees: the learning rate stays where it was, and the rule only decides when to stop. No error is reported. You will find
# the library's switch for it, `decays`, in its settings.
#
# ## 3. Back-projection
#
# ### The idea
#
# Whatever the result is, reduced again it must give the small image. If it does not, the difference tells what is missing (Irani
# and Peleg, *Improving Resolution by Image Registration*, CVGIP 53(3), 1991):
#
# $$\hat{x} \leftarrow \hat{x} + \left(y - (\hat{x} * k)\downarrow_s\right)\uparrow_s$$
#
# ### By hand: exercise 15.3
#
# One step. `reduce` and `enlarge` are functions.

# %% [markdown] ko 707be99a
# 공개된 PyTorch 판에서도 이 규칙을 계산하지만, 그 결과는 최적화기가 결코 보지 않는 변수에 저장됩니다. 학습률은 그대로이고, 규칙은 언제 멈출지만
# 정합니다. 오류는 보고되지 않습니다. 라이브러리의 설정에는 이에 해당하는 스위치 `decays`가 있습니다.
#
# ## 3. 역투영
#
# ### 아이디어
#
# 결과가 무엇이든, 다시 줄이면 작은 영상이 나와야 합니다. 그렇지 않다면 그 차이가 무엇이 빠졌는지 말해 줍니다(Irani, Peleg, *Improving Resolution
# by Image Registration*, CVGIP 53(3), 1991).
#
# $$\hat{x} \leftarrow \hat{x} + \left(y - (\hat{x} * k)\downarrow_s\right)\uparrow_s$$
#
# ### 손으로: 연습 문제 15.3
#
# 한 단계입니다. `reduce`와 `enlarge`는 함수입니다.

# %% exercise project_back
def project_back(sr, lr, reduce, enlarge):
    """Return sr after one step towards agreeing with lr: (c, s*h, s*w)."""
    ### BEGIN SOLUTION
    missing = lr - reduce(sr)
    return sr + enlarge(missing)
    ### END SOLUTION

# %% check project_back
srkit.exercises.check("project_back", project_back)

# %% [markdown]
# ### See it

# %% [markdown] ko 4ef4965b
# ### 보기

# %%
def db(image):
    """PSNR on luma, in decibels, two pixels of border left out."""
    return float(srkit.metrics.psnr(image, truth, protocol=srkit.Protocol.papers(2)))


sr = bicubic
print(f"bicubic {db(sr):.2f} dB")
for step in range(1, 11):
    sr = project_back(sr, lr, degrade, lambda x: srkit.ops.imresize(x, 2)).clamp(0, 1)
    if step in (1, 2, 5, 10):
        print(f"after {step:2} steps {db(sr):.2f} dB")
formula = sr

# %% [markdown]
# A few lines without any learning. Whoever compares a zero-shot method with bicubic interpolation alone has left out the most
# important row of the table.
#
# ## 4. Eight answers and their median
#
# ### The idea
#
# ZSSR asks its network eight times, as in lesson 11, and takes the *median* of the answers instead of the mean: an answer that goes
# wrong at one pixel then has no say there.
#
# ### By hand: exercise 15.4
#
# `net` maps `(c, h, w)` to an image of the same size (the input is enlarged before the network here). Of eight sorted values the
# median lies half way between the fourth and the fifth.

# %% [markdown] ko b62330bc
# 학습이 전혀 없는 몇 줄입니다. 제로샷(zero-shot) 방법을 바이큐빅 보간하고만 비교하는 사람은 표에서 가장 중요한 줄을 빠뜨린 것입니다.
#
# ## 4. 여덟 답과 그 중앙값
#
# ### 아이디어
#
# ZSSR은 수업 11에서처럼 신경망에 여덟 번 묻고, 평균 대신 답들의 *중앙값*을 취합니다. 그러면 어떤 픽셀에서 잘못된 답은 그곳에서 아무 영향이
# 없습니다.
#
# ### 손으로: 연습 문제 15.4
#
# `net`은 `(c, h, w)`를 같은 크기의 영상으로 바꿉니다(여기서는 입력을 신경망 앞에서 확대합니다). 정렬한 여덟 값의 중앙값은 넷째와 다섯째의 한가운데에
# 있습니다.

# %% exercise median_of_views
def median_of_views(net, x):
    """Return the median of the network's answers to the eight views of x, each turned back: (c, h, w)."""
    ### BEGIN SOLUTION
    answers = []
    for turns in range(4):
        for mirrored in (False, True):
            view = torch.rot90(x.flip(2) if mirrored else x, turns, (1, 2))
            back = torch.rot90(net(view), -turns, (1, 2))
            answers.append(back.flip(2) if mirrored else back)
    return torch.quantile(torch.stack(answers), 0.5, dim=0)
    ### END SOLUTION

# %% check median_of_views
srkit.exercises.check("median_of_views", median_of_views)

# %% [markdown]
# ### See it
#
# Your four functions make a small ZSSR. The network is eight convolutions of 32 channels on the bicubic image, and it learns what that
# misses.

# %% [markdown] ko 9bf4860d
# ### 보기
#
# 네 함수가 모여 작은 ZSSR이 됩니다. 신경망은 바이큐빅 영상 위의 32채널 합성곱 여덟 개이고, 그 영상이 놓친 것을 배웁니다.

# %%
def zero_shot(lr, reduce, steps, width=32):
    """Train a network on one image; return it and its losses."""
    torch.manual_seed(0)
    shape = [3] + [width] * 7 + [3]
    layers = [nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(shape[:-1], shape[1:])]
    parts = [part for layer in layers for part in (layer, nn.ReLU())]
    net = nn.Sequential(*parts[:-1])
    optimiser, losses = torch.optim.Adam(net.parameters(), lr=1e-3), []
    for step in range(steps):
        top, left = (int(v) for v in torch.randint(0, lr.shape[1] - 48 + 1, (2,)))
        father, son = father_and_son(lr.rot90(step % 4, (1, 2)), top, left, 48, reduce)
        rough = srkit.ops.imresize(son, 2)
        optimiser.zero_grad()
        loss = (rough + net(rough[None])[0] - father).abs().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return net, losses


net, losses = zero_shot(lr, degrade, steps=250)
with torch.no_grad():
    mine = median_of_views(lambda x: x + net(x[None])[0], bicubic).clamp(0, 1)
print(f"loss {losses[0]:.4f} -> {sum(losses[-20:]) / 20:.4f};  bicubic {db(bicubic):.2f} dB, yours {db(mine):.2f} dB")

# %% [markdown]
# ### The library's version
#
# `zssr` is the paper's method with everything you wrote and what you did not: warped fathers, the learning rate policy, gradual
# scales, noise. Each configuration of the public programs is a preset under its own name. `LESSON` is a short one.

# %% [markdown] ko d8a5039a
# ### 라이브러리의 구현
#
# `zssr`은 논문의 방법이며, 여러분이 쓴 모든 것과 쓰지 않은 것, 곧 일그러뜨린 아버지, 학습률 규칙, 점진적 배율, 노이즈가 들어 있습니다. 공개된
# 프로그램들의 설정은 저마다 자기 이름의 프리셋입니다. `LESSON`은 짧은 것입니다.

# %%
true_kernel = srkit.degrade.gaussian_widths(13, 1.5)
told = srkit.methods.create("zssr", preset="LESSON", kernel=true_kernel).restore(lr, scale=2)
alone = srkit.methods.create("zssr", preset="LESSON").restore(lr, scale=2)
print("with the kernel:", told)
print("alone:          ", alone)

# %%
formula_told = srkit.methods.create("back_projection", kernel=true_kernel).restore(lr, scale=2).image
results = {
    "bicubic": bicubic,
    "formula": formula_told,
    "network alone": alone.image,
    "network with kernel": told.image,
}
for name, image in results.items():
    print(f"{name:20} {db(image):.2f} dB")
best = max(choices, key=lambda name: db(results[name]))
srkit.exercises.recall("15-who-wins", best)

# %%
srkit.widgets.compare(results, truth=truth, scale=2, alt="The cat's eye from four methods beside the truth")

# %% [markdown]
# Without a kernel, ZSSR assumes that the image came by bicubic reduction, and learns to undo *that*: it cannot know what it was not given.
# Given the kernel, learning and the formula draw on the same knowledge, and the difference between them is what learning added.
#
# ## With noise, and with a photograph of yours
#
# A real photograph has noise, and back-projection would insist on reproducing it. The preset for real images adds noise to the sons, so
# the network learns to remove it, and makes no back-projection. The next cell uses its settings for a few steps. Put the path of a
# photograph in place of `None` to use your own; a corner of it is taken, so that you need not wait long.

# %% [markdown] ko 3e15d619
# 커널을 받지 못한 ZSSR은 영상이 바이큐빅 축소로 만들어졌다고 가정하고 *그것*을 되돌리는 것을 배웁니다. 받지 못한 것을 알 수는 없습니다. 커널을
# 받으면 학습과 공식은 같은 지식에서 출발하고, 둘의 차이가 학습이 더한 것입니다.
#
# ## 노이즈가 있을 때, 그리고 여러분의 사진으로
#
# 실제 사진에는 노이즈가 있고, 역투영은 그것까지 되살리려 할 것입니다. 실제 영상용 프리셋은 아들에 노이즈를 더해 신경망이 그것을 없애도록 배우게 하고,
# 역투영은 하지 않습니다. 다음 셀은 그 설정을 몇 단계 동안 씁니다. `None` 대신 사진의 경로를 쓰면 여러분의 사진을 씁니다. 오래 기다리지 않도록 한
# 모퉁이만 취합니다.

# %%
photo = None

image = srkit.read(photo) if photo else srkit.datasets.samples(scale=2)[1].lr
corner = image[:, 20:84, 40:104]
noisy = (corner + 0.03 * torch.randn(corner.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
clean_up = srkit.methods.create("zssr", preset="LESSON", noise=0.03, back_projections=(0,), max_steps=200)
srkit.widgets.compare(
    {
        "bicubic": srkit.ops.imresize(noisy, 2),
        "back-projection": srkit.methods.create("back_projection").restore(noisy, scale=2).image,
        "zero-shot, noise 0.03": clean_up.restore(noisy, scale=2).image,
    },
    alt="A noisy corner enlarged by bicubic interpolation, back-projection and zero-shot learning with noise",
)

# %% [markdown]
# At the command line the same runs over a folder, with a progress bar, and goes on where it stopped:
#
# ```text
# srkit zssr Set14 --preset X2_ONE_JUMP_IDEAL_CONF
# srkit zssr photographs --preset X2_REAL_CONF
# srkit zssr blurred --kernel kernel.mat --preset X2_GIVEN_KERNEL_CONF
# ```
#
# The public program of the lecture prints no PSNR, because its copy of Set14 holds small images only, and it stops at the one
# grey image of the set. `X2_GRADUAL_IDEAL_CONF` and `X2_REAL_CONF` silently run the default there. Here they do what their names
# say.
#
# ## What was reported, what we got
#
# The paper's numbers are for whole benchmark sets and bicubic reduction; those of this notebook for one small crop and a Gaussian
# blur. They stand in different rows and must not be compared.

# %% [markdown] ko be4d9812
# 명령줄에서는 같은 것이 폴더 전체에 대해 진행 막대와 함께 실행되고, 멈춘 곳에서 이어집니다.
#
# ```text
# srkit zssr Set14 --preset X2_ONE_JUMP_IDEAL_CONF
# srkit zssr photographs --preset X2_REAL_CONF
# srkit zssr blurred --kernel kernel.mat --preset X2_GIVEN_KERNEL_CONF
# ```
#
# 강의의 공개 프로그램은 PSNR을 출력하지 않습니다. 거기 든 Set14에는 작은 영상만 있기 때문입니다. 그리고 그 세트의 하나뿐인 흑백 영상에서 멈춥니다.
# `X2_GRADUAL_IDEAL_CONF`와 `X2_REAL_CONF`는 거기서 조용히 기본 설정을 실행합니다. 여기서는 이름이 말하는 대로 합니다.
#
# ## 보고된 것과 우리가 얻은 것
#
# 논문의 값은 벤치마크 세트 전체와 바이큐빅 축소에 대한 것이고, 이 노트북의 값은 작은 조각 하나와 가우시안 흐림에 대한 것입니다. 서로 다른 줄에 있으며
# 비교해서는 안 됩니다.

# %%
from IPython.display import Markdown

PAPER = {"Set5": 37.37, "Set14": 33.00}
rows = ["| what | image | reduction | PSNR (dB), Y, border 2 |", "|---|---|---|--:|"]
crop = f"crop of {truth.shape[2]}x{truth.shape[1]}"
for name, image in (*results.items(), ("your small version, true kernel", mine)):
    rows.append(f"| {name} | {crop} | Gaussian 1.5, every second pixel | {db(image):.2f} |")
rows += [f"| ZSSR, the paper | the whole of {name} | bicubic | {value:.2f} |" for name, value in PAPER.items()]
print("What the library measured, beside the best of bicubic, back-projection and a round kernel:")
for line in srkit.methods.card("zssr").measured:
    print(f"  {line}")
Markdown("\n".join(rows))

# %% [markdown]
# ## Recap
#
# * One image gives its own training pairs: father and reduced father. The reduction must be the right one.
# * A line through the last errors decides when to slow down.
# * Back-projection alone, with the right kernel, is most of the way. It belongs into every table.
#
# Three questions to see whether it stayed:
#
# <details><summary>Why does ZSSR need no large images?</summary>The small image plays the large one, and its reduction plays the
# small one.</details>
# <details><summary>What does ZSSR do on a blurred image without a kernel?</summary>It undoes the bicubic reduction it assumes; the
# blur stays.</details>
# <details><summary>Why is back-projection switched off for noisy images?</summary>It makes the result agree with every pixel of the
# small image, noise included.</details>
#
# **Further doors.** Lesson 13 finds the kernel from the image itself (KernelGAN) and uses a network as the only prior (DIP). A
# task to carry over: give your `zero_shot` the learning rate policy you wrote, and see how many steps it saves.

# %% [markdown] ko 693ebf6f
# ## 정리
#
# * 영상 한 장이 자기 학습 쌍을 줍니다. 아버지와 줄인 아버지입니다. 줄이는 방법이 옳아야 합니다.
# * 최근의 오차들을 지나는 직선이 언제 늦출지 정합니다.
# * 올바른 커널을 쓴 역투영(back-projection)만으로도 대부분의 길을 갑니다. 모든 표에 들어가야 합니다.
#
# 잘 남았는지 알아보는 세 가지 질문:
#
# <details><summary>ZSSR에는 왜 큰 영상이 필요 없습니까?</summary>작은 영상이 큰 영상의 역할을, 그것을 줄인 것이 작은 영상의 역할을
# 합니다.</details>
# <details><summary>커널을 받지 못한 ZSSR은 흐린 영상에서 무엇을 합니까?</summary>가정한 바이큐빅 축소를 되돌립니다. 흐림은 남습니다.</details>
# <details><summary>노이즈가 있는 영상에서는 왜 역투영을 끕니까?</summary>역투영은 결과를 노이즈까지 포함해 작은 영상의 모든 픽셀과 일치하게
# 만듭니다.</details>
#
# **더 나아가기.** 수업 13은 영상 자체에서 커널을 찾고(KernelGAN) 신경망을 유일한 사전 지식으로 씁니다(DIP). 이어서 할 과제: 여러분의 `zero_shot`에
# 여러분이 쓴 학습률(learning rate) 규칙을 넣고, 몇 단계를 아끼는지 보십시오.
