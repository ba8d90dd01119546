# %% [markdown]
# # Start here
#
# A small photograph goes in, a large and sharp one comes out. This course shows how that is done, from two lines that
# copy pixels to networks that invent detail, and has you write the heart of each yourself. Nothing here needs a graphics
# card or a network connection.
#
# In this first lesson the environment checks itself, an old print and your own photograph are restored, and you learn how
# lessons work: three exercises of five minutes, the same moves as in all the lessons that follow.
#
# | exercise | difficulty | importance | minutes |
# |---|:-:|:-:|:-:|
# | 0.1 `to_float` | 1 of 5 | 5 of 5 | 5 |
# | 0.2 `to_bytes` | 1 of 5 | 4 of 5 | 5 |
# | 0.3 `nearest` | 1 of 5 | 3 of 5 | 5 |

# %% [markdown] ko a071e5a2
# # 여기서 시작합니다
#
# 작은 사진이 들어가고, 크고 선명한 사진이 나옵니다. 이 강의는 그 일이 어떻게 이루어지는지를, 픽셀을 복사하는 두 줄의 코드에서 세부를
# 만들어 내는 신경망까지 보여 주고, 각각의 핵심을 직접 쓰게 합니다. 그래픽 카드도 네트워크 연결도 필요 없습니다.
#
# 첫 수업에서는 환경이 스스로를 점검하고, 오래된 인화 사진과 여러분의 사진을 복원하며, 수업이 어떻게 진행되는지 배웁니다. 5분짜리 연습 문제가 세 개 있고, 뒤의
# 모든 수업도 같은 순서로 나아갑니다.
#
# | 연습 문제 | 난이도 | 중요도 | 분 |
# |---|:-:|:-:|:-:|
# | 0.1 `to_float` | 1 / 5 | 5 / 5 | 5 |
# | 0.2 `to_bytes` | 1 / 5 | 4 / 5 | 5 |
# | 0.3 `nearest` | 1 / 5 | 3 / 5 | 5 |

# %% setup
import torch

import srkit

torch.manual_seed(0);

# %% [markdown]
# ## Does everything work?
#
# A cell is run with Shift+Enter. Run the next one. It looks at Python, PyTorch, Jupyter, the disk and the course's own
# files, and says for each what is there; where something is missing it says the one thing to do.

# %% [markdown] ko f4c38600
# ## 모두 잘 작동하나요?
#
# 셀은 Shift+Enter로 실행합니다. 다음 셀을 실행하십시오. Python, PyTorch, Jupyter, 디스크, 그리고 강의 파일을 살펴보고 무엇이 있는지
# 말해 줍니다. 빠진 것이 있으면 해야 할 일 한 가지를 알려 줍니다.

# %%
import subprocess
import sys

report = subprocess.run([sys.executable, "-m", "srkit", "doctor", "--quick"], capture_output=True, text=True)
print(report.stdout)

# %% [markdown]
# ## A picture and a question
#
# Below is an old print of two dogs: brown and faded, out of focus, grainy, and saved as a JPEG file of 180 by 201 pixels.
# Can it be made four times as wide, and better? One network of 232,963 weights, trained for this course in 27 minutes on a
# processor, is asked; it has never seen this picture. If the weights of *Real-ESRGAN* are installed on this machine (16.7
# million, trained by its authors on graphics cards; licence BSD-3-Clause), it is asked, too. A piece of 120 by 120 pixels
# is enough to judge, and takes some seconds.

# %% [markdown] ko 1650d78a
# ## 사진 한 장과 질문 하나
#
# 아래는 개 두 마리의 오래된 인화 사진입니다. 갈색으로 바랬고, 초점이 흐리고, 거칠며, 180×201픽셀의 JPEG 파일로 저장되어 있습니다. 이것을
# 네 배 넓게, 그리고 더 좋게 만들 수 있을까요? 이 강의를 위해 프로세서에서 27분 동안 학습시킨, 가중치 232,963개의 신경망 하나에 물어봅니다. 이
# 사진을 본 적이 없는 신경망입니다. 이 컴퓨터에 *Real-ESRGAN*의 가중치(1,670만 개, 저자들이 그래픽 카드로 학습, 라이선스 BSD-3-Clause)가
# 설치되어 있다면 그것에도 물어봅니다. 판단에는 120×120픽셀 조각이면 충분하고, 몇 초가 걸립니다.

# %%
import warnings

restorers = {"a fixed rule": srkit.models.create("bicubic", scale=4)}
try:
    restorers["a small network"] = srkit.models.create("edsr_small", scale=4, pretrained="srkit:photo")
    with warnings.catch_warnings(action="ignore"):  # they repeat the licence
        restorers["Real-ESRGAN"] = srkit.models.create("esrgan", scale=4, pretrained="realesrgan")
except (srkit.errors.BadFile, srkit.errors.Offline) as problem:
    print("This one is left out.", problem)

damaged = {pair.name: pair for pair in srkit.datasets.samples(scale=4, split="damaged")}
piece = damaged["dogs"].lr[:, 10:130, 20:140]
restored = {name: srkit.upscale(piece, net) for name, net in restorers.items()}
srkit.widgets.compare(restored, alt="An old print of two dogs, enlarged four times by a rule and by networks", height=560)

# %% [markdown]
# The rule keeps every fault of the file: grain, blocks, blur. The network has learned what such faults look like and what
# photographs look like, and takes the ones for the other. (Real-ESRGAN goes further and *invents* single hairs. Remember
# the word; lesson 09 shows what it costs.) The print was made for this course from a photograph of today, so the truth is
# known, and three more pictures are damaged in other ways:

# %% [markdown] ko 0350c805
# 규칙은 파일의 모든 결함을 그대로 둡니다. 거친 입자, 블록, 블러가 남습니다. 신경망은 그런 결함이 어떻게 생겼는지, 그리고 사진이 어떻게 생겼는지를
# 배웠고, 앞의 것을 뒤의 것으로 바꿉니다. (Real-ESRGAN은 더 나아가 털 한 올 한 올을 *지어냅니다*. 이 낱말을 기억해 두십시오. 그 대가는 수업 09에서
# 봅니다.) 이 인화 사진은 오늘날의 사진으로 이 강의를 위해 만든 것이므로 원본을 알고 있습니다. 그리고 사진 세 장이 다른 방식으로 손상되어 있습니다.

# %%
dogs = damaged["dogs"]
srkit.widgets.show(dogs.lr, dogs.hr, titles=["the print", "the truth"], alt=["A small brown print", "Two dogs in colour"])

# %%
shown = "fig"  # or "brook" or "dandelion"
pair = damaged[shown]
finished = {name: srkit.upscale(pair.lr, net) for name, net in list(restorers.items())[:2]}
srkit.widgets.compare(finished, truth=pair.hr, scale=4, alt="A damaged photograph, restored and as it was", height=560)

# %% [markdown]
# ## Your own photograph
#
# Put the path of a picture in place of `None`, for example `"holiday.jpg"` if it lies beside this notebook (drag a file
# into the list of files on the left to put it there). An old or small one is best. A large one is first reduced to 480
# pixels, as if it came from an old telephone, so that the answer is here in seconds; `srkit upscale holiday.jpg` in a
# terminal takes it whole.

# %% [markdown] ko f8057591
# ## 여러분의 사진
#
# `None` 대신 사진의 경로를 쓰십시오. 이 노트북 옆에 있다면 예를 들어 `"holiday.jpg"`입니다(왼쪽 파일 목록으로 파일을 끌어다 놓으면 됩니다).
# 오래되었거나 작은 사진이 가장 좋습니다. 큰 사진은 먼저 오래된 전화기로 찍은 것처럼 480픽셀로 줄이므로 몇 초 안에 답이 나옵니다. 터미널에서
# `srkit upscale holiday.jpg`를 쓰면 사진 전체를 그대로 처리합니다.

# %%
photo = None

image = srkit.read(photo) if photo else damaged["brook"].lr
factor = min(1.0, 480 / max(image.shape[1:]))
if factor < 1:
    small = torch.nn.functional.interpolate(image[None], scale_factor=factor, mode="bicubic", antialias=True)
    image = small[0].clamp(0, 1)
print(f"{image.shape[2]} x {image.shape[1]} pixels become {4 * image.shape[2]} x {4 * image.shape[1]}")
yours = {name: srkit.upscale(image, net) for name, net in list(restorers.items())[:2]}
srkit.widgets.compare(yours, alt="Your photograph, or a brook, enlarged by a rule and by a network", height=560)

# %% [markdown]
# ## The question, smaller
#
# What happens here can be measured where nothing but size was lost. This is one of fifteen small photographs that come
# with the course, and beside it what is left when it is made half as wide and half as high. Three of four pixels are
# gone. Can anything bring them back?

# %% [markdown] ko 5707751a
# ## 질문을 더 작게
#
# 크기만 잃은 경우에는 여기서 일어나는 일을 잴 수 있습니다. 강의에 딸린 작은 사진 열다섯 장 가운데 하나이고, 그 옆은 가로와 세로를 절반으로 줄였을
# 때 남는 것입니다. 픽셀 넷 중 셋이 사라졌습니다. 무엇이 그것을 되돌릴 수 있을까요?

# %%
pair = srkit.datasets.samples(scale=2)[0]
titles = ["original", "half the size"]
srkit.widgets.show(pair.hr, pair.lr, titles=titles, alt="A photograph, and the same at half its size")

# %% [markdown]
# Here are two attempts, one on each side of the line, which you can drag; the two lists above the picture choose others.
# In 1 the missing pixels are computed from their neighbours by a fixed rule. In 2 they come from a network of four
# layers that was trained for this course and has never seen this photograph; 3 is the original. The keys **1**, **2** and
# **3** put a picture on the left, the wheel zooms until you see single pixels, and **?** shows all keys.

# %% [markdown] ko f25e3985
# 두 가지 시도가 선의 양쪽에 있습니다. 선은 끌어서 옮길 수 있고, 사진 위의 두 목록으로 다른 것을 고를 수 있습니다. 1에서는 빠진
# 픽셀을 정해진 규칙에 따라 이웃 픽셀로 계산합니다. 2에서는 이 강의를 위해 학습되었고 이 사진을 본 적이 없는 네 층짜리 신경망이 만듭니다.
# 3은 원본입니다. **1**, **2**, **3** 키는 영상을 왼쪽에 놓고, 휠은 픽셀 하나하나가 보일 때까지 확대하며, **?** 는 모든 키를 보여
# 줍니다.

# %%
try:
    network = srkit.models.create("a2001sr", scale=2, pretrained="srkit")
except srkit.errors.BadFile as problem:
    print("The trained weights are not here, so the fixed rule stands in for the network.", problem)
    network = srkit.models.create("bicubic", scale=2)
bicubic = srkit.models.create("bicubic", scale=2)
srkit.widgets.compare(
    bicubic=srkit.upscale(pair.lr, bicubic),
    network=srkit.upscale(pair.lr, network),
    truth=pair.hr,
    scale=2,
    alt="The small photograph enlarged by a fixed rule and by a network, beside the original",
)

# %% [markdown]
# ### Your prediction
#
# Before an experiment you will often be asked for a guess. Guessing first makes the answer stay in mind; nobody grades it,
# and it is kept in a file on your machine alone. Here is the first. Enlarge a photograph by copying each pixel four
# times, and measure how far the result is from the original, in decibels (lesson 02 says what these are; more is better).
# Then do the same with the fixed rule of the picture above. Which gets more? Write `"copying"`, `"the rule"` or
# `"about the same"` (within half a decibel) in place of the question mark.

# %% [markdown] ko 50c892e1
# ### 여러분의 예측
#
# 실험에 앞서 추측을 묻는 일이 자주 있을 것입니다. 먼저 추측하면 답이 기억에 남습니다. 추측은 채점하지 않으며, 여러분의 컴퓨터에 있는 파일에만
# 저장됩니다. 첫 번째 추측입니다. 각 픽셀을 네 번 복사해 사진을 확대하고, 결과가 원본에서 얼마나 먼지 데시벨로 잽니다(데시벨이 무엇인지는
# 수업 02에서 다룹니다. 클수록 좋습니다). 위 사진의 정해진 규칙으로도 똑같이 합니다. 어느 쪽이 더 클까요? 물음표 대신 `"copying"`(복사),
# `"the rule"`(규칙), `"about the same"`(0.5 데시벨 이내로 비슷함) 가운데 하나를 쓰십시오.

# %%
guess = "?"
srkit.exercises.predict("00-copying", guess, choices=["copying", "the rule", "about the same"])

# %% [markdown]
# ## Images are numbers
#
# ### The idea
#
# A picture file holds bytes: height times width times three numbers from 0 to 255, how much red, green and blue each pixel
# has. Everything in this course works on *tensors* of floats, with the channels first and with 1 for the brightest value:
# `(3, h, w)` in [0, 1]. There are two doors between these worlds, and careless programs lose quality at both.
#
# ### By hand: exercise 0.1
#
# Below the next cell stands a check. Run both as they are: the check tells you that nothing is written yet. Then replace the
# line that raises the error, run the cell again, and the check again. Write the first door: `pixels` is a tensor
# `(h, w, 3)` of `torch.uint8`; return `(3, h, w)`, float32, in [0, 1].

# %% [markdown] ko 0c6719b5
# ## 영상은 숫자입니다
#
# ### 아이디어
#
# 사진 파일에는 바이트가 들어 있습니다. 높이 곱하기 너비 곱하기 3개의 0에서 255까지의 수로, 각 픽셀의 빨강, 초록, 파랑이 얼마나 되는지를
# 나타냅니다. 이 강의의 모든 것은 채널이 앞에 오고 가장 밝은 값이 1인 실수 *텐서*, 즉 [0, 1] 범위의 `(3, h, w)`를 다룹니다. 두 세계
# 사이에는 문이 두 개 있고, 부주의한 프로그램은 양쪽에서 화질을 잃습니다.
#
# ### 손으로: 연습 문제 0.1
#
# 다음 셀 아래에는 확인 셀이 있습니다. 먼저 둘 다 그대로 실행하십시오. 아직 아무것도 쓰지 않았다고 말해 줄 것입니다. 그다음 오류를 일으키는
# 줄을 바꾸고, 그 셀을 다시 실행한 뒤, 확인 셀을 다시 실행하십시오. 첫 번째 문을 씁니다. `pixels`는 `torch.uint8` 텐서 `(h, w, 3)`입니다.
# [0, 1] 범위의 float32 `(3, h, w)`를 돌려주십시오.

# %% exercise to_float
def to_float(pixels):
    """Turn bytes (h, w, 3) into floats (3, h, w) in [0, 1]."""
    ### BEGIN SOLUTION
    return pixels.permute(2, 0, 1).float() / 255
    ### END SOLUTION

# %% check to_float
srkit.exercises.check("to_float", to_float)

# %% [markdown]
# The check says which criteria are met, and where one is not it says what it saw. It never shows the answer. One criterion
# waits until you hand in, so a green check means "good so far". If you are stuck, ask for a hint: `level=1` is a nudge, `2`
# the concept, `3` the first step, and `4`, once you have tried, a solution. If you study by yourself, nobody will grade
# you: `srkit.exercises.check("to_float", to_float, alone=True)` tests all criteria on other numbers. `srkit.exercises.progress()`
# shows how far you have come.

# %% [markdown] ko 6cad1a4a
# 확인 셀은 어떤 기준이 충족되었는지 말하고, 충족되지 않은 것이 있으면 무엇을 보았는지 말합니다. 정답은 결코 보여 주지 않습니다. 한 가지 기준은
# 제출한 뒤에야 검사되므로, 초록색 결과는 "지금까지는 좋다"는 뜻입니다. 막히면 힌트를 구하십시오. `level=1`은 가벼운 귀띔, `2`는 개념, `3`은
# 첫걸음, `4`는 한 번 시도한 뒤에 볼 수 있는 해답입니다. 혼자 공부한다면 채점해 줄 사람이 없으므로,
# `srkit.exercises.check("to_float", to_float, alone=True)`로 모든 기준을 다른 숫자로 검사하십시오. `srkit.exercises.progress()`는
# 어디까지 왔는지 보여 줍니다.

# %%
srkit.exercises.hint("to_bytes", level=1)

# %% [markdown]
# ### By hand: exercise 0.2
#
# The way back: `image` is `(3, h, w)` of floats, possibly a little below 0 or above 1, because a network does not know that
# nothing is darker than black. Return bytes of the same shape. Round to the nearest level.

# %% [markdown] ko e3217eac
# ### 손으로: 연습 문제 0.2
#
# 돌아가는 길입니다. `image`는 실수 텐서 `(3, h, w)`이고, 신경망은 검정보다 어두운 것이 없다는 사실을 모르므로 0보다 조금 작거나 1보다 조금 클
# 수 있습니다. 같은 모양의 바이트를 돌려주십시오. 가장 가까운 단계로 반올림하십시오.

# %% exercise to_bytes
def to_bytes(image):
    """Turn floats (3, h, w) into bytes (3, h, w)."""
    ### BEGIN SOLUTION
    limited = image.clamp(0, 1)
    return (255 * limited + 0.5).floor().to(torch.uint8)
    ### END SOLUTION

# %% check to_bytes
srkit.exercises.check("to_bytes", to_bytes)

# %% [markdown]
# ### See it
#
# Why does rounding matter? Cutting decimals off makes each image half a level darker on average. Do it ten times, as a
# program that saves after every step does, and it shows in the numbers.

# %% [markdown] ko 209ff85d
# ### 보기
#
# 반올림이 왜 중요할까요? 소수점 아래를 버리면 영상이 평균 반 단계씩 어두워집니다. 매 단계마다 저장하는 프로그램처럼 열 번 되풀이하면 숫자에
# 드러납니다.

# %%
rounded = cut = pair.hr
for _ in range(10):
    step = 0.999  # any small change between two savings
    rounded = to_bytes(rounded * step + 0.0005).float() / 255
    cut = (255 * (cut * step + 0.0005)).to(torch.uint8).float() / 255
for name, image in (("rounded", rounded), ("cut off", cut)):
    print(f"{name:8} after ten savings: {255 * (image - pair.hr).mean():+.2f} levels on average")

# %% [markdown]
# ## A first enlargement
#
# ### By hand: exercise 0.3
#
# The simplest way to enlarge is to copy: each pixel becomes a square of `scale` times `scale` pixels. It is called *nearest
# neighbour*, and it is the method every other one is better than. `image` is `(c, h, w)`.

# %% [markdown] ko e86937b9
# ## 첫 확대
#
# ### 손으로: 연습 문제 0.3
#
# 가장 간단한 확대는 복사입니다. 각 픽셀이 `scale` 곱하기 `scale` 픽셀의 정사각형이 됩니다. 이를 *최근접 이웃*이라 하고, 다른 모든 방법은
# 이보다 낫습니다. `image`는 `(c, h, w)`입니다.

# %% exercise nearest
def nearest(image, scale):
    """Enlarge (c, h, w) to (c, scale*h, scale*w) by copying pixels."""
    ### BEGIN SOLUTION
    rows = image.repeat_interleave(scale, 1)  # (c, scale*h, w)
    return rows.repeat_interleave(scale, 2)  # (c, scale*h, scale*w)
    ### END SOLUTION

# %% check nearest
srkit.exercises.check("nearest", nearest)

# %% [markdown]
# ### See it

# %% [markdown] ko 4ef4965b
# ### 보기

# %%
copied = nearest(pair.lr, 2)
enlarged = {"copied": copied, "rule": srkit.upscale(pair.lr, bicubic), "network": srkit.upscale(pair.lr, network)}
decibels = {name: float(-10 * torch.log10((image - pair.hr).square().mean())) for name, image in enlarged.items()}
for name, value in decibels.items():
    print(f"{name:8} {value:.2f} dB")
gap = decibels["rule"] - decibels["copied"]
srkit.exercises.recall("00-copying", "about the same" if abs(gap) < 0.5 else "the rule" if gap > 0 else "copying")

# %%
corner = (slice(None), slice(64, 128), slice(80, 144))
srkit.widgets.show(
    *(image[corner] for image in enlarged.values()),
    pair.hr[corner],
    titles=[*enlarged, "original"],
    alt="A detail copied, enlarged by the rule and by the network, and the original",
    zoom=3,
    columns=4,
)

# %% [markdown]
# ### The library's version
#
# After every exercise you see how the library does the same. It is the same idea, with more care for what can go wrong; its
# code is meant to be read.

# %% [markdown] ko 8bb13818
# ### 라이브러리의 구현
#
# 연습 문제가 끝날 때마다 라이브러리가 같은 일을 어떻게 하는지 봅니다. 아이디어는 같고, 잘못될 수 있는 것에 더 주의를 기울입니다. 그 코드는
# 읽으라고 쓴 것입니다.

# %%
srkit.widgets.source(srkit.ops.quantise)

# %% [markdown]
# ## What was reported, what we got
#
# Lessons end with two columns: what the papers print, and what this machine just measured. Here there is only the second;
# the images are ours. The measure is the squared error over all three channels, which is not yet that of the papers.

# %% [markdown] ko dfd3251d
# ## 보고된 것과 우리가 얻은 것
#
# 수업의 끝에는 두 열이 있습니다. 논문에 인쇄된 것과 이 컴퓨터가 방금 잰 것입니다. 여기에는 두 번째 열만 있습니다. 영상이 우리 것이기 때문입니다.
# 측정한 값은 세 채널 모두에 대한 제곱 오차이며, 아직 논문의 방식은 아닙니다.

# %%
for name, value in decibels.items():
    print(f"{pair.name}, x2, RGB, nothing cut off: {name:8} {value:.2f} dB")

# %% [markdown]
# ## How the course goes on
#
# | lesson | about |
# |:-:|---|
# | 01 | what super-resolution is, and what it is for |
# | 02 | measuring quality: bicubic, PSNR, SSIM by hand |
# | 03, 04 | four frameworks; ways to enlarge inside a network |
# | 05, 06, 07, 08 | residual and recursive; multi-path and dense; attention; other convolutions and wavelets |
# | 09, 10 | losses; learning strategies and tricks at test time |
# | 11 | exercise 1: a network and a loss of your own |
# | 12, 13, 14 | when the small image was not made by a formula: blind, from one image, without pairs |
# | 15 | exercise 2: learning from a single image |
#
# Words you do not know stand in the course's glossary, `docs/GLOSSARY.md`. What you write is kept in the folder `work`,
# which no update touches.
#
# ## Recap
#
# * An image is `(3, h, w)` in [0, 1]. Files hold bytes; round on the way out.
# * Copying pixels enlarges; a fixed rule does it better; a network better still, because it has seen other photographs.
# * A lesson: guess, write, check, look, compare with the library.
#
# Three questions to see whether it stayed:
#
# <details><summary>Which pixel value does 0.5 become in a file?</summary>255 times 0.5 is 127.5, which is rounded to
# 128.</details>
# <details><summary>A network returns 1.02 for a pixel. What is stored?</summary>255: values are limited to [0, 1]
# first.</details>
# <details><summary>How many pixels of a photograph enlarged by 4 were in the small one?</summary>One in
# sixteen.</details>
#
# **Further doors.** `srkit.datasets.samples(scale=4)` has the same photographs at a quarter of their size. What do your
# copy, the rule and your eye make of those?

# %% [markdown] ko d47d1e4a
# ## 강의는 이렇게 이어집니다
#
# | 수업 | 내용 |
# |:-:|---|
# | 01 | 초해상도란 무엇이고 어디에 쓰이는가 |
# | 02 | 화질 측정: 바이큐빅, PSNR, SSIM을 손으로 |
# | 03, 04 | 네 가지 틀; 신경망 안에서 확대하는 방법 |
# | 05, 06, 07, 08 | 잔차와 재귀; 다중 경로와 밀집 연결; 어텐션; 그 밖의 합성곱과 웨이블릿 |
# | 09, 10 | 손실; 학습 전략과 테스트 때의 기법 |
# | 11 | 연습 1: 여러분의 신경망과 손실 |
# | 12, 13, 14 | 작은 영상이 공식으로 만들어지지 않았을 때: 블라인드, 영상 한 장으로, 쌍 없이 |
# | 15 | 연습 2: 영상 한 장에서 배우기 |
#
# 모르는 낱말은 강의의 용어집 `docs/GLOSSARY.md`에 있습니다. 여러분이 쓴 것은 `work` 폴더에 보관되며, 업데이트는 그 폴더를 건드리지 않습니다.
#
# ## 정리
#
# * 영상은 [0, 1] 범위의 `(3, h, w)`입니다. 파일에는 바이트가 들어 있습니다. 나갈 때 반올림하십시오.
# * 픽셀을 복사하면 확대됩니다. 정해진 규칙이 더 낫고, 다른 사진들을 본 신경망은 더욱 낫습니다.
# * 수업: 추측하고, 쓰고, 확인하고, 보고, 라이브러리와 비교합니다.
#
# 잘 남았는지 알아보는 세 가지 질문:
#
# <details><summary>0.5는 파일에서 어떤 픽셀 값이 됩니까?</summary>255 곱하기 0.5는 127.5이고, 반올림하면 128입니다.</details>
# <details><summary>신경망이 어떤 픽셀에 1.02를 돌려줍니다. 무엇이 저장됩니까?</summary>255입니다. 값은 먼저 [0, 1]로 제한됩니다.</details>
# <details><summary>4배로 확대한 사진의 픽셀 가운데 작은 사진에 있던 것은 얼마나 됩니까?</summary>열여섯 개 중 하나입니다.</details>
#
# **더 나아가기.** `srkit.datasets.samples(scale=4)`에는 같은 사진들이 4분의 1 크기로 있습니다. 여러분의 복사와 규칙, 그리고 눈은 그것으로 무엇을
# 만들어 냅니까?
