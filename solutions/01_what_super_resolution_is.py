# %% [markdown]
# # What super-resolution is, and what it is for
#
# Super-resolution makes a large image of a small one. That cannot be done exactly, because the small image does not hold
# enough; and it is done every day, because photographs are not random. This lesson makes both halves of that sentence
# precise, and shows you the field.
#
# **You will be able to** write down how a small image comes about; show that many large images have the same small one; say
# what a network does that cannot know which of them it was, and why its answer is blurred.
#
# **You need** tensors, and lesson 00.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 1.1 `degrade` | 2 of 5 | 5 of 5 | 15 |
# | 1.2 `hidden_change` | 2 of 5 | 4 of 5 | 10 |
# | 1.3 `best_guess` | 2 of 5 | 5 of 5 | 10 |

# %% [markdown] ko e09b2d76
# # 초해상도란 무엇이고 어디에 쓰이는가
#
# 초해상도는 작은 영상에서 큰 영상을 만듭니다. 작은 영상에는 충분한 것이 들어 있지 않으므로 정확히 할 수는 없습니다. 그런데도 날마다 이루어집니다.
# 사진은 무작위가 아니기 때문입니다. 이 수업은 이 문장의 두 절반을 모두 엄밀하게 만들고, 분야 전체를 보여 줍니다.
#
# **할 수 있게 되는 것**: 작은 영상이 어떻게 생기는지 쓰기, 많은 큰 영상이 같은 작은 영상을 가짐을 보이기, 그것이 그중 어느 것이었는지 알 수 없는
# 신경망이 무엇을 하고 왜 그 답이 흐린지 말하기.
#
# **필요한 것**: 텐서, 그리고 수업 00.
#
# | 연습 문제 | 난이도 | 중요도 | 분 |
# |---|:-:|:-:|:-:|
# | 1.1 `degrade` | 2 / 5 | 5 / 5 | 15 |
# | 1.2 `hidden_change` | 2 / 5 | 4 / 5 | 10 |
# | 1.3 `best_guess` | 2 / 5 | 5 / 5 | 10 |

# %% setup
import torch
import torch.nn.functional as F

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## A picture and a question
#
# Here is a small image, and two large ones. Each of the large ones, reduced by 4, gives exactly the small one. Which is the
# right answer?

# %% [markdown] ko cb434531
# ## 사진 한 장과 질문 하나
#
# 작은 영상 하나와 큰 영상 둘이 있습니다. 큰 영상은 둘 다 4배로 줄이면 정확히 그 작은 영상이 됩니다. 어느 것이 옳은 답일까요?

# %%
cat, coffee = (srkit.datasets.samples(scale=2)[i].hr[:, 40:232, 60:252] for i in (2, 3))


def reduce(image, scale=4):
    """Give each small pixel the mean of its square."""
    return F.avg_pool2d(image, scale)


def copy(image, scale=4):
    """Make each pixel a square."""
    return image.repeat_interleave(scale, 1).repeat_interleave(scale, 2)


other = cat + 0.7 * (coffee - copy(reduce(coffee)))
print(f"largest difference of the small images {(reduce(cat) - reduce(other)).abs().max():.1e}")
print(f"largest difference of the large images {(cat - other).abs().max():.2f}")
srkit.widgets.show(
    reduce(cat),
    cat,
    other,
    titles=["small", "large", "also large"],
    alt="A small image, and two large images that both reduce to it; the second one has outlines of another photograph in it",
)

# %% [markdown]
# You prefer one of them at once, and nothing in the small image tells you to. What tells you is every photograph that you
# have ever seen. That is the whole trick of the field.
#
# ### Your prediction
#
# Suppose eight large images are equally likely, all with the same small one. You must name *one* image and pay the squared
# error. One player names one of the eight at random. Another one names their mean. By how many decibels is her PSNR higher, on
# average? (Lesson 02 is about decibels; half the squared error is 3 dB more, a tenth is 10 dB more.)

# %% [markdown] ko 3f3f54b0
# 여러분은 곧바로 하나를 고르겠지만, 작은 영상에는 그러라고 말하는 것이 아무것도 없습니다. 그렇게 말하는 것은 여러분이 지금까지 본 모든 사진입니다.
# 그것이 이 분야의 비결 전부입니다.
#
# ### 여러분의 예측
#
# 여덟 개의 큰 영상이 똑같이 그럴듯하고, 작은 영상은 모두 같다고 합시다. 영상 *하나*를 말하고 제곱 오차를 치러야 합니다. 한 사람은 여덟 중 하나를 무작위로
# 말합니다. 다른 사람은 그 평균을 말합니다. 평균적으로 그의 PSNR은 몇 데시벨 더 높을까요? (데시벨은 수업 02에서 다룹니다. 제곱 오차가 절반이면 3 dB,
# 10분의 1이면 10 dB 높습니다.)

# %%
guess = "?"
srkit.exercises.predict("01-the-mean", guess, choices=["about 0 dB", "about 3 dB", "about 10 dB"])

# %% [markdown]
# ## 1. How a small image comes about
#
# ### The idea
#
# Let $x$ be the large image and $y$ the small one. A camera of few pixels blurs (each pixel collects light from an area), it
# samples, and it adds noise:
#
# $$y = (x * k)\text{↓}_s + \eta$$
#
# $x * k$ is a convolution with the *kernel* $k$, whose weights sum to 1. $\text{↓}_s$ keeps every $s$-th pixel in both
# directions; $s$ is the *scale*. $\eta$ is noise. (The lecture's slide has a comma before $+\,\eta$, which is a slip.) Real images
# suffer more: compression, sharpening in the camera, several of these in a row.
#
# Training pairs are made by applying such a formula to large photographs. Two questions about it are independent, and the
# lecture's slide ties them together: *how rich is the degradation*, one bicubic reduction or many operations; and *are there pairs
# to learn from*. With pairs, learning is supervised however rich the formula is: SRMD, BSRGAN and KMSR are trained that way. It is
# called unsupervised when there are none: small and large images that do not belong together, or one small image alone.
#
# ### By hand: exercise 1.1
#
# `image` is `(c, h, w)`, `kernel` `(k, k)` with odd `k`, `noise` has the size of the result. Repeat the outer pixels at the
# border (`F.pad(…, mode="replicate")`); keep pixels 0, s, 2s, … The kernel need not be symmetric, and a convolution turns it
# by 180 degrees, which `F.conv2d` does not.

# %% [markdown] ko 3090f6cd
# ## 1. 작은 영상은 어떻게 생기는가
#
# ### 아이디어
#
# $x$를 큰 영상, $y$를 작은 영상이라 합시다. 픽셀이 적은 카메라는 흐리게 하고(각 픽셀은 한 넓이에서 빛을 모읍니다), 표본을 취하고, 노이즈를 더합니다.
#
# $$y = (x * k)\text{↓}_s + \eta$$
#
# $x * k$는 가중치의 합이 1인 *커널* $k$와의 합성곱입니다. $\text{↓}_s$는 두 방향에서 $s$번째 픽셀마다 하나씩 남깁니다. $s$가 *배율*입니다. $\eta$는
# 노이즈입니다. (강의의 슬라이드에는 $+\,\eta$ 앞에 쉼표가 있는데, 잘못입니다.) 실제 영상은 더 많은 일을 겪습니다. 압축, 카메라 안의 선명화, 이런 것
# 여럿이 잇달아 일어납니다.
#
# 학습 쌍은 이런 공식을 큰 사진에 적용해 만듭니다. 이에 대한 두 질문은 서로 독립인데, 강의의 슬라이드는 둘을 묶습니다. *열화가 얼마나 풍부한가*, 곧
# 바이큐빅 축소 하나인가 많은 연산인가. 그리고 *배울 쌍이 있는가*. 쌍이 있으면 공식이 아무리 풍부해도 지도 학습입니다. SRMD, BSRGAN, KMSR이 그렇게
# 학습됩니다. 쌍이 없을 때, 곧 서로 짝이 아닌 작은 영상과 큰 영상만 있거나 작은 영상 하나만 있을 때 비지도라고 합니다.
#
# ### 손으로: 연습 문제 1.1
#
# `image`는 `(c, h, w)`, `kernel`은 홀수 `k`의 `(k, k)`이고, `noise`는 결과와 크기가 같습니다. 경계에서는 바깥 픽셀을 되풀이하십시오(`F.pad(…,
# mode="replicate")`). 픽셀 0, s, 2s, …를 남기십시오. 커널은 대칭이 아닐 수 있고, 합성곱은 커널을 180도 돌리는데 `F.conv2d`는 돌리지 않습니다.

# %% exercise degrade
def degrade(image, kernel, scale, noise):
    """Blur, reduce and disturb: (c, h, w), (k, k) -> (c, h/scale, w/scale)."""
    ### BEGIN SOLUTION
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    turned = kernel.flip(0, 1)[None, None]  # (1, 1, k, k)
    blurred = F.conv2d(wide[:, None], turned)[:, 0]  # (c, h, w)
    return blurred[:, ::scale, ::scale] + noise
    ### END SOLUTION

# %% check degrade
srkit.exercises.check("degrade", degrade)

# %% [markdown]
# ### See it
#
# One photograph and four ways to become small. A network that was trained on one of them sees something unknown in the others;
# lessons 12 to 15 are about that.

# %% [markdown] ko eb334408
# ### 보기
#
# 사진 한 장과 작아지는 네 가지 방법입니다. 그중 하나로 학습된 신경망은 나머지에서 모르는 것을 봅니다. 수업 12에서 15까지가 그에 관한 것입니다.

# %%
place = torch.arange(-4, 5.0)
bell = torch.exp(-(place**2) / (2 * 1.6**2))
gaussian = torch.outer(bell, bell) / bell.sum() ** 2
point, streak = torch.zeros(9, 9), torch.eye(9) / 9
point[4, 4] = 1
dirt = 0.06 * torch.randn(3, 48, 48)
ways = {"no blur": (point, 0), "out of focus": (gaussian, 0), "camera moved": (streak, 0)}
ways["focus and noise"] = (gaussian, 1)
srkit.widgets.show(
    *(degrade(cat, kernel, 4, share * dirt) for kernel, share in ways.values()),
    titles=list(ways),
    alt="Four small images of one photograph: jagged, blurred, smeared along a diagonal, blurred and noisy",
    zoom=4,
    columns=4,
)

# %% [markdown]
# ### The library's version
#
# The library's convolution has all borders that are in use, and chains of operations are written as text:
# `srkit.degrade.parse("blur(1.6) > down(4) > noise(10) > jpeg(50)")`.

# %% [markdown] ko 2fa85cb6
# ### 라이브러리의 구현
#
# 라이브러리의 합성곱에는 쓰이는 모든 경계 처리가 있고, 연산의 사슬은 글로 씁니다. `srkit.degrade.parse("blur(1.6) > down(4) > noise(10) >
# jpeg(50)")`.

# %%
same = degrade(cat, streak, 1, 0) - srkit.ops.convolve(cat, streak)
print(f"largest difference between your blur and the library's {same.abs().max():.1e}")
srkit.widgets.source(srkit.ops.convolve)

# %% [markdown]
# ## 2. What cannot be known
#
# ### The idea
#
# Reducing maps many numbers to few, so there are changes of the large image that the small one does not notice. They form the
# *null space* of the reduction. With scale $s$ a small pixel stands for $s^2$ large ones and fixes one number of them, their
# weighted sum; $s^2 - 1$ are free. A problem whose answer is not determined by what is given is called *ill-posed*.
#
# ### By hand: exercise 1.2
#
# Let each small pixel be the plain mean of its $s \times s$ square. `change` is any change you would like to make to a large
# image, `(c, h, w)`. Return the part of it that the small image does not notice: what is left when what it does notice is
# taken away.

# %% [markdown] ko 0b856130
# ## 2. 알 수 없는 것
#
# ### 아이디어
#
# 축소는 많은 수를 적은 수로 보내므로, 작은 영상이 알아차리지 못하는 큰 영상의 변화가 있습니다. 그것들이 축소의 *영공간*을 이룹니다. 배율이 $s$이면
# 작은 픽셀 하나가 큰 픽셀 $s^2$개를 대신하며 그 가중합 하나만을 정합니다. $s^2 - 1$개는 자유롭습니다. 주어진 것으로 답이 정해지지 않는 문제를
# *불량 조건*(ill-posed) 문제라고 합니다.
#
# ### 손으로: 연습 문제 1.2
#
# 작은 픽셀 하나하나가 자기 $s \times s$ 정사각형의 평균이라고 합시다. `change`는 큰 영상에 주고 싶은 아무 변화나 되며 `(c, h, w)`입니다. 그 가운데 작은
# 영상이 알아차리지 못하는 부분, 곧 알아차리는 것을 빼고 남는 것을 돌려주십시오.

# %% exercise hidden_change
def hidden_change(change, scale):
    """Return the part of a change that vanishes in the small image: (c, h, w) -> (c, h, w)."""
    ### BEGIN SOLUTION
    means = F.avg_pool2d(change, scale)  # (c, h/scale, w/scale)
    seen = means.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    return change - seen
    ### END SOLUTION

# %% check hidden_change
srkit.exercises.check("hidden_change", hidden_change)

# %% [markdown]
# ### See it
#
# Whatever you hide in a large image, the small one stays what it was. The larger the scale, the more can be hidden.

# %% [markdown] ko fc5945ea
# ### 보기
#
# 큰 영상에 무엇을 숨기든 작은 영상은 그대로입니다. 배율이 클수록 더 많이 숨길 수 있습니다.

# %%
for scale in (2, 4, 8):
    hidden = hidden_change(coffee, scale)
    share = hidden.square().sum() / (coffee - coffee.mean()).square().sum()
    left = reduce(cat + hidden, scale) - reduce(cat, scale)
    print(f"x{scale}: {scale**2 - 1:2} of {scale**2:2} numbers are free, {share:.0%} of a photograph's variance hides")
    print(f"    largest change of the small image: {left.abs().max():.0e}")

# %% [markdown]
# ## 3. What a network answers
#
# ### The idea
#
# A network $f_\theta$ is trained to make its result $\hat{x} = f_\theta(y)$ close to the truth on average:
#
# $$\hat{\theta} = \mathrm{arg\,min}_{\theta} \; \mathbb{E}\, L(f_\theta(y), x) + \lambda\,\Phi(\theta)$$
#
# $L$ is the *loss*, $\Phi$ an optional penalty on the weights. For one small image there are many possible $x$, and only one
# answer can be given, so the best one is a compromise between them. Which compromise depends on $L$.
#
# ### By hand: exercise 1.3
#
# `candidates` holds `n` equally likely images, `(n, c, h, w)` with odd `n`. Return the image with the smallest expected error:
# the mean over candidates of the squared differences if `loss` is `"squared"`, of the absolute ones if it is `"absolute"`.

# %% [markdown] ko 2394a5a3
# ## 3. 신경망은 무엇이라 답하는가
#
# ### 아이디어
#
# 신경망 $f_\theta$는 그 결과 $\hat{x} = f_\theta(y)$가 평균적으로 정답에 가깝도록 학습됩니다.
#
# $$\hat{\theta} = \mathrm{arg\,min}_{\theta} \; \mathbb{E}\, L(f_\theta(y), x) + \lambda\,\Phi(\theta)$$
#
# $L$은 *손실*이고, $\Phi$는 가중치에 대한 선택적인 벌점입니다. 작은 영상 하나에 가능한 $x$는 많은데 답은 하나만 할 수 있으므로, 가장 좋은 답은 그
# 사이의 타협입니다. 어떤 타협인지는 $L$에 달려 있습니다.
#
# ### 손으로: 연습 문제 1.3
#
# `candidates`에는 똑같이 그럴듯한 영상 `n`개가 `(n, c, h, w)`로 들어 있고 `n`은 홀수입니다. 기대 오차가 가장 작은 영상을 돌려주십시오. `loss`가
# `"squared"`이면 후보들에 대한 제곱 차이의 평균, `"absolute"`이면 절댓값 차이의 평균입니다. (손실)

# %% exercise best_guess
def best_guess(candidates, loss):
    """Return the image that is least wrong on average: (n, c, h, w) -> (c, h, w)."""
    ### BEGIN SOLUTION
    if loss == "squared":
        return candidates.mean(0)
    return candidates.median(0).values
    ### END SOLUTION

# %% check best_guess
srkit.exercises.check("best_guess", best_guess)

# %% [markdown]
# ### See it
#
# Eight large images with one small one: the photograph, with its own hidden detail moved a little. All are sharp. Their mean
# is not.

# %% [markdown] ko 865811a3
# ### 보기
#
# 작은 영상이 같은 큰 영상 여덟 개입니다. 같은 사진에서 숨은 세부를 조금씩 옮긴 것입니다. 모두 선명합니다. 그 평균은 그렇지 않습니다.

# %%
detail, base = hidden_change(cat, 4), cat - hidden_change(cat, 4)
moves = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (0, 2), (2, 0)]
eight = torch.stack([base + hidden_change(detail.roll(move, (1, 2)), 4) for move in moves])
mean = best_guess(eight, "squared")
spread = max((reduce(image) - reduce(cat)).abs().max().item() for image in eight)
print(f"their small images differ by at most {spread:.0e}")
srkit.widgets.show(
    *(image[:, 40:120, 50:130] for image in (eight[1], eight[4], mean, best_guess(eight[:7], "absolute"))),
    titles=["one of eight", "another", "their mean", "median of seven"],
    alt="Details of two sharp candidates, of their mean and of a median; the last two are blurred",
    zoom=2,
    columns=4,
)

# %%
drawn = (eight[:, None] - eight).square().mean()  # truth and answer both drawn at random
answered = (eight - mean).square().mean()
gain = 10 * torch.log10(drawn / answered).item()
print(f"one at random {-10 * torch.log10(drawn):.2f} dB, the mean {-10 * torch.log10(answered):.2f} dB")
print(f"gain {gain:.2f} dB")
choices = {0: "about 0 dB", 3: "about 3 dB", 10: "about 10 dB"}
srkit.exercises.recall("01-the-mean", choices[min(choices, key=lambda value: abs(value - gain))])

# %% [markdown]
# The gain is the same for any set of candidates: the expected squared distance of two independent draws is twice that of a draw
# to the mean. So whoever trains for PSNR gets blur wherever the small image leaves a choice, and a network that *commits* to
# one sharp answer (SRGAN in lesson 09, the diffusion model below) pays for it in PSNR. This trade is called perception
# against distortion (Blau, Michaeli, *The Perception-Distortion Tradeoff*, CVPR 2018), and no network escapes it.
#
# ## 4. A map of the field
#
# This course is about **single-image super-resolution**, SISR: one small image in, one large image out. Its neighbours have
# more to go by, or other images:
#
# | field | what is different |
# |---|---|
# | video | neighbouring frames show the same scene shifted by parts of a pixel: real information, once they are aligned |
# | reference-based | a sharp image of a similar scene is given, and textures are carried over |
# | faces | all images are alike, so very large scales work, and the result may be another person's face |
# | depth maps | few edges and no texture; a photograph of the same scene says where the edges are |
# | hyperspectral | hundreds of colours at few pixels, often with a sharp image of few colours beside it |
# | light field | many views of one scene, that have to stay consistent with each other |
# | MRI and other medical images | the physics of the device is known; an invented detail is a wrong diagnosis |
#
# **Competitions** set the pace: NTIRE (with CVPR, every year since 2017), PIRM (with ECCV 2018, where perception was ranked beside
# distortion) and AIM (2019 and 2025 with ICCV, 2020, 2022 and 2024 with ECCV). Their *tracks* show how the field branches. The
# lecture lists for NTIRE 2023: x4, real-time, efficient, light-field and stereo super-resolution; for AIM 2022: images and video
# on mobile devices, compressed images and video. "State of the art" and "efficient" have become two aims: the one counts
# decibels (or looks), the other also milliseconds and parameters.
#
# **Data sets.** One trains on T91 and BSDS200 (old, small), DIV2K (800 photographs for training), Flickr2K. One tests on Set5,
# Set14, B100, Urban100 and Manga109. In all of these the small images are *made*, by bicubic reduction. RealSR has photographs of one
# scene taken at two focal lengths and then aligned; the lecture files it under unsupervised learning, but it is a *paired* data
# set. The next cell lists what the library knows; `samples` and `samples_train` come with the course.

# %% [markdown] ko a0367550
# 이득은 어떤 후보 집합에서도 같습니다. 독립된 두 추출 사이의 기대 제곱 거리는 추출에서 평균까지의 거리의 두 배입니다. 그래서 PSNR을 위해 학습하는
# 사람은 작은 영상이 선택을 남기는 곳마다 흐림을 얻고, 선명한 답 하나를 *정하는* 신경망(수업 09의 SRGAN, 아래의 확산 모델)은 PSNR로 값을 치릅니다. 이
# 맞바꿈을 지각 대 왜곡이라 하며(Blau, Michaeli, *The Perception-Distortion Tradeoff*, CVPR 2018), 어떤 신경망도 벗어나지 못합니다.
#
# ## 4. 분야의 지도
#
# 이 강의는 **단일 영상 초해상도**(single-image super-resolution, SISR)에 관한 것입니다. 작은 영상 하나가 들어가고 큰 영상 하나가 나옵니다. 이웃 분야에는
# 더 의지할 것이 있거나 다른 영상이 있습니다.
#
# | 분야 | 다른 점 |
# |---|---|
# | 비디오 | 이웃 프레임이 같은 장면을 픽셀의 일부만큼 어긋나게 보여 줍니다. 맞추고 나면 진짜 정보입니다 |
# | 참조 기반 | 비슷한 장면의 선명한 영상이 주어지고, 질감을 옮겨 옵니다 |
# | 얼굴 | 모든 영상이 비슷하므로 매우 큰 배율이 되지만, 결과가 다른 사람의 얼굴일 수 있습니다 |
# | 깊이 지도 | 모서리가 적고 질감이 없습니다. 같은 장면의 사진이 모서리가 어디인지 말해 줍니다 |
# | 초분광 | 적은 픽셀에 수백 가지 색이 있고, 흔히 색이 적은 선명한 영상이 곁에 있습니다 |
# | 라이트 필드 | 한 장면의 많은 시점이 서로 어긋나지 않아야 합니다 |
# | MRI와 그 밖의 의료 영상 | 장치의 물리를 압니다. 지어낸 세부는 오진입니다 |
#
# **대회**가 속도를 정합니다. NTIRE(2017년부터 해마다 CVPR과 함께), PIRM(ECCV 2018과 함께, 왜곡 옆에 지각의 순위도 매김), AIM(2019년과 2025년은 ICCV,
# 2020년, 2022년, 2024년은 ECCV와 함께)입니다. *트랙*을 보면 분야가 어떻게 갈라지는지 알 수 있습니다. 강의에서는 NTIRE 2023의 트랙으로 4배, 실시간, 효율,
# 라이트 필드, 스테레오 초해상도를, AIM 2022의 트랙으로 모바일 기기의 영상과 비디오, 압축된 영상과 비디오를 듭니다. "최고 성능"과 "효율"은 서로 다른 두 목표가
# 되었습니다. 하나는 데시벨(또는 보기 좋음)을 세고, 다른 하나는 밀리초와 매개변수도 셉니다.
#
# **데이터 세트.** 학습에는 T91과 BSDS200(오래되고 작음), DIV2K(학습용 사진 800장), Flickr2K를 씁니다. 시험에는 Set5, Set14, B100, Urban100, Manga109를
# 씁니다. 이 모두에서 작은 영상은 바이큐빅 축소로 *만든* 것입니다. RealSR에는 같은 장면을 두 초점 거리로 찍어 맞춘 사진이 있습니다. 강의는 이것을 비지도
# 학습에 넣지만, *쌍이 있는* 데이터 세트입니다. 다음 셀은 라이브러리가 아는 것을 보여 줍니다. `samples`와 `samples_train`은 강의에 딸려 있습니다.

# %%
for name in sorted(srkit.datasets.CATALOGUE):
    card = srkit.datasets.card(name)
    print(f"{name:16} {card.title if card else ''}")

# %% [markdown]
# ## 5. An answer that commits: diffusion
#
# The Stable Diffusion x4 upscaler makes 512 x 512 pixels of 128 x 128. It is a *latent diffusion model* (Rombach et al.,
# *High-Resolution Image Synthesis with Latent Diffusion Models*, CVPR 2022; the upscaler came with Stable Diffusion 2.0). Such a
# model learns to undo noise. Going forward, an image $x_0$ is drowned in noise in 1000 steps,
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\;\epsilon, \qquad \bar\alpha_t = \prod_{i \le t} (1 - \beta_i),$$
#
# where $\epsilon$ is Gaussian noise. Going back, a network guesses at each step what is noise, a little of it is removed, and
# at the end stands *one* of the possible images, another one for each noise it began with.

# %% [markdown] ko b6178e18
# ## 5. 하나를 정하는 답: 확산
#
# Stable Diffusion x4 업스케일러는 128 x 128에서 512 x 512 픽셀을 만듭니다. 이것은 *잠재 확산 모델*입니다(Rombach et al., *High-Resolution Image
# Synthesis with Latent Diffusion Models*, CVPR 2022; 업스케일러는 Stable Diffusion 2.0과 함께 나왔습니다). 이런 모델은 노이즈를 되돌리는 것을 배웁니다.
# 앞으로 갈 때는 영상 $x_0$를 1000단계에 걸쳐 노이즈에 잠기게 합니다.
#
# $$x_t = \sqrt{\bar\alpha_t}\; x_0 + \sqrt{1 - \bar\alpha_t}\;\epsilon, \qquad \bar\alpha_t = \prod_{i \le t} (1 - \beta_i),$$
#
# 여기서 $\epsilon$은 가우시안 노이즈입니다. 되돌아올 때는 신경망이 각 단계에서 무엇이 노이즈인지 추측하고, 그 일부를 없앱니다. 끝에는 가능한 영상 가운데
# *하나*가 서 있고, 처음의 노이즈가 다르면 다른 영상이 됩니다.

# %%
beta = torch.linspace(1e-4, 2e-2, 1000)
kept = (1 - beta).cumprod(0)  # (1000,)
start, noise = 2 * cat[:, :150, :150] - 1, torch.randn(3, 150, 150)
steps = (0, 50, 200, 500, 999)
srkit.widgets.show(
    *((0.5 + 0.5 * (kept[t].sqrt() * start + (1 - kept[t]).sqrt() * noise)).clamp(0, 1) for t in steps),
    titles=[f"t = {t}, {kept[t]:.1%} kept" for t in steps],
    alt="A photograph that drowns in noise over a thousand steps",
    columns=5,
)

# %% [markdown]
# The upscaler does this not on pixels but on a *latent* image of four channels that an autoencoder makes, a quarter as wide and high.
# The small photograph, itself made a little noisy, is laid beside it, so the denoising network sees it at every step: four plus
# three channels in, four out. Here is its plan as the library states it. The weights take 3.5 gigabytes in float32 and are not part of
# the course; with them, `srkit.methods.create("stable_diffusion_x4", weights=FOLDER)` runs it.

# %% [markdown] ko 59b27861
# 업스케일러는 이것을 픽셀이 아니라 오토인코더가 만든, 가로와 세로가 4분의 1인 네 채널의 *잠재* 영상에서 합니다. 작은 사진에도 노이즈를 조금 더해 그 곁에
# 놓으므로, 노이즈를 없애는 신경망은 단계마다 그것을 봅니다. 네 채널에 세 채널을 더해 들어가고 네 채널이 나옵니다. 다음은 라이브러리가 말하는 설계입니다.
# 가중치는 float32로 3.5기가바이트이고 강의에 들어 있지 않습니다. 가중치가 있으면 `srkit.methods.create("stable_diffusion_x4", weights=FOLDER)`가 실행합니다.

# %%
unet, autoencoder = srkit.methods.diffusion.UNET, srkit.methods.diffusion.VAE
print(f"channels into the denoising network: {unet['in_channels']}, out of it: {unet['out_channels']}")
print(f"channels on its four levels: {unet['block_out_channels']}")
print(f"channels on the three levels of the autoencoder: {autoencoder['block_out_channels']}")
side = 512 // 2 ** (len(autoencoder["block_out_channels"]) - 1)
print(f"512 x 512 x 3 = {512 * 512 * 3:,} numbers become {side} x {side} x 4 = {side * side * 4:,} in latent space")

# %% [markdown]
# Its results look like photographs and hold what no camera saw. Look at them; do not measure by them.
#
# ### One small image, four answers
#
# Here is that choice in a photograph: a wood in autumn at a quarter of its width, and large images for it. One comes from a fixed
# rule, one from a network that was trained to name the mean, two from networks that were trained to look real: a small one of
# this course, and Real-ESRGAN where its weights are installed (licence BSD-3-Clause). Each is reduced again. How far is it then
# from the small image?

# %% [markdown] ko 96fe45d5
# 그 결과는 사진처럼 보이고, 어떤 카메라도 보지 못한 것을 담고 있습니다. 보십시오. 그것으로 재지는 마십시오.
#
# ### 작은 영상 하나, 네 가지 답
#
# 사진 한 장에서 그 선택을 봅니다. 가로가 4분의 1인 가을 숲과, 그것에 대한 큰 영상들입니다. 하나는 정해진 규칙에서, 하나는 평균을 말하도록 학습한
# 신경망에서, 둘은 진짜처럼 보이도록 학습한 신경망에서 나옵니다. 뒤의 둘은 이 강의의 작은 신경망과, 가중치가 설치되어 있다면 Real-ESRGAN입니다(라이선스
# BSD-3-Clause). 각각을 다시 줄입니다. 작은 영상과 얼마나 다를까요?

# %%
import warnings

photographs = srkit.datasets.samples(scale=4, split="photographs")
wood = photographs[photographs.names.index("autumn")]
lr, truth = wood.lr[:, 50:140, 100:220], wood.hr[:, 200:560, 400:880]
asked = {
    "a rule": ("bicubic", None),
    "the mean": ("edsr_small", "srkit"),
    "a small bet": ("edsr_small", "srkit:gan"),
    "a large bet": ("esrgan", "realesrgan"),
}
answers = {}
for name, (network, weights) in asked.items():
    try:
        with warnings.catch_warnings(action="ignore"):  # they repeat the licence
            answers[name] = srkit.upscale(lr, srkit.models.create(network, scale=4, pretrained=weights))
    except (srkit.errors.BadFile, srkit.errors.Offline) as problem:
        print(f"{name} is left out.", problem)
for name, image in {**answers, "the truth": truth}.items():
    again = F.interpolate(image[None], scale_factor=0.25, mode="bicubic", antialias=True)[0]
    print(f"{name:12} reduced again: {255 * (again - lr).square().mean().sqrt():5.1f} levels from the small image")
srkit.widgets.compare(answers, truth=truth, scale=4, height=600, alt="A wood in autumn: four large answers to one small image")

# %% [markdown]
# The first three and the truth explain the small image equally well, to one level and a half or better (measured here), so it
# cannot decide between them. (Real-ESRGAN is five levels off: it also takes away what it believes to be noise.) The mean is soft
# wherever needles could stand in many ways. The bets draw single needles and blades of grass; none of them grew there.
#
# ## What was reported, what we got
#
# How far has the field come? PSNR on luma as the papers print it, Set5 at x4, one network for each idea of its time. The cards of
# the library say where each number was found.

# %% [markdown] ko c8bf02a6
# 앞의 세 답과 원본은 작은 영상을 똑같이 잘 설명합니다. 여기서 잰 바로는 한 단계 반 이내이므로, 작은 영상은 그 가운데에서 고를 수 없습니다.
# (Real-ESRGAN은 다섯 단계 벗어납니다. 노이즈라고 믿는 것까지 없애기 때문입니다.) 바늘잎이 여러 방식으로 있을 수 있는 곳에서 평균은 흐립니다.
# 내기를 한 답은 바늘잎과 풀잎을 하나하나 그리지만, 그중 어느 것도 거기서 자라지 않았습니다.
#
# ## 보고된 것과 우리가 얻은 것
#
# 이 분야는 얼마나 왔을까요? 논문에 인쇄된 휘도의 PSNR, Set5의 4배이며, 시대마다의 아이디어 하나에 신경망 하나씩입니다. 라이브러리의 카드는 각 값을 어디에서
# 찾았는지 말합니다.

# %%
from IPython.display import Markdown

lines = ["| year | network | Set5 x4, published | idea |", "|--:|---|--:|---|"]
for name in ("bicubic", "srcnn", "vdsr", "lapsrn", "edsr", "rcan", "swinir"):
    card = srkit.models.card(name)
    score = next((s for s in card.published if (s.dataset, s.scale) == ("set5", 4)), None)
    lines.append(f"| {card.year} | {card.title} | {f'{score.psnr:.2f} dB' if score else '–'} | {card.idea} |")
Markdown("\n".join(lines))

# %% [markdown]
# And what we got in this lesson is one reason why the last rows lie so close together: for the part of $x$ that $y$ does not
# determine, everybody pays.
#
# ## Recap
#
# * $y = (x * k)\text{↓}_s + \eta$: blur, sample, disturb. Networks learn from pairs made by a formula, and know that formula only.
# * The problem is ill-posed: $s^2 - 1$ of $s^2$ numbers are free. What photographs look like decides between the answers.
# * The answer that is best on average is a mean or a median of the possible ones, and blurred. Sharp answers are bets.
#
# Three questions to see whether it stayed:
#
# <details><summary>How many numbers of each 3 x 3 square are free at scale 3?</summary>Eight of nine.</details>
# <details><summary>A paper trains on pairs made with random blur, noise and JPEG. Is that unsupervised?</summary>No. It has pairs;
# only its degradation is rich.</details>
# <details><summary>Two results have the same small image, one is sharp and one is not. Which has the higher PSNR?</summary>That
# depends on the truth; on average over all that could be true, the blurred one that is their mean.</details>
#
# **Further doors.** Lesson 02 is about measuring. Lesson 03 has the networks, lesson 09 losses that ask for sharpness, lesson 12
# what happens when the kernel is not the one you trained with. A task to carry over: find the null space of `degrade` with a
# Gaussian kernel, where a square's mean is not what is kept.

# %% [markdown] ko 63518a39
# 그리고 이 수업에서 얻은 것이 마지막 줄들이 서로 그토록 가까운 까닭의 하나입니다. $y$가 정하지 않는 $x$의 부분에 대해서는 누구나 값을 치릅니다.
#
# ## 정리
#
# * $y = (x * k)\text{↓}_s + \eta$: 흐리게 하고, 표본을 취하고, 어지럽힙니다. 신경망은 공식으로 만든 쌍에서 배우고 그 공식만 압니다.
# * 문제는 불량 조건입니다. $s^2$개의 수 가운데 $s^2 - 1$개가 자유롭습니다. 사진이 어떻게 생겼는지가 답들 사이에서 결정합니다.
# * 평균적으로 가장 좋은 답은 가능한 답들의 평균이나 중앙값이고, 흐립니다. 선명한 답은 내기입니다.
#
# 잘 남았는지 알아보는 세 가지 질문:
#
# <details><summary>배율 3에서 3 x 3 정사각형마다 몇 개의 수가 자유롭습니까?</summary>아홉 중 여덟입니다.</details>
# <details><summary>어떤 논문이 무작위 흐림, 노이즈, JPEG로 만든 쌍으로 학습합니다. 비지도입니까?</summary>아닙니다. 쌍이 있습니다. 열화(degradation)가 풍부할
# 뿐입니다.</details>
# <details><summary>두 결과의 작은 영상이 같고 하나는 선명하고 하나는 그렇지 않습니다. 어느 것의 PSNR이 더 높습니까?</summary>정답에 달려 있습니다. 참일 수 있는
# 모든 것에 대해 평균하면, 그 평균인 흐린 쪽입니다.</details>
#
# **더 나아가기.** 수업 02는 측정에 관한 것입니다. 수업 03에는 신경망이, 수업 09에는 선명함을 요구하는 손실이, 수업 12에는 커널이 학습한 것과 다를 때 일어나는
# 일이 있습니다. 이어서 할 과제: 정사각형의 평균이 남는 것이 아닌 가우시안 커널로 `degrade`의 영공간을 찾으십시오.
