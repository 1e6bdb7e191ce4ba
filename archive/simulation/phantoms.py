"""Pictures that look like examinations and show nobody: arrays, the same for the same seed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint16]
Random = np.random.Generator

AIR, FAT, WATER, SOFT, BONE = -1000, -90, 5, 45, 700  # Hounsfield units


@dataclass(frozen=True, slots=True)
class Grid:
    """Coordinates from -1 to 1 over a picture of so many rows and columns: one row, one column."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def ellipse(self, cx: float, cy: float, rx: float, ry: float) -> Mask:
        return ((self.x - cx) / rx) ** 2 + ((self.y - cy) / ry) ** 2 <= 1


@cache
def grid(rows: int, columns: int) -> Grid:
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    return Grid(x, y)


def head_ct(z: float, random: Random, size: int = 256) -> Pixels:
    """A slice through a head at height z (-1 neck, 1 crown), stored with intercept -1024."""
    g, s = grid(size, size), _girth(z)
    picture = np.full((size, size), AIR, np.float64)
    picture[g.ellipse(0, 0.98, 0.8, 0.06)] = -300  # head rest
    picture[g.ellipse(0, 0, 0.74 * s, 0.9 * s)] = 30
    picture[g.ellipse(0, 0, 0.71 * s, 0.87 * s)] = BONE + 300
    picture[g.ellipse(0, 0, 0.64 * s, 0.8 * s)] = 38
    picture[g.ellipse(0, 0, 0.5 * s, 0.64 * s)] = 29
    if abs(z) < 0.45:
        for side in (-1, 1):
            picture[g.ellipse(side * 0.13 * s, -0.05, 0.08 * s, 0.28 * s)] = WATER
    if z < -0.5:
        picture[g.ellipse(0, -0.55 * s, 0.22 * s, 0.16 * s)] = AIR  # sinuses
    return _hounsfield(picture + random.normal(0, 6, picture.shape))


def belly_ct(z: float, random: Random, size: int = 256) -> Pixels:
    """A slice through an abdomen, from the pelvis (-1) to the diaphragm (1)."""
    g = grid(size, size)
    picture = np.full((size, size), AIR, np.float64)
    picture[g.ellipse(0, 0.78, 0.9, 0.05)] = -250  # table
    picture[g.ellipse(0, 0, 0.88, 0.66)] = FAT
    picture[g.ellipse(0, 0, 0.8, 0.58)] = SOFT
    picture[g.ellipse(0, -0.05, 0.7, 0.46)] = FAT + 20
    if z > -0.2:
        picture[g.ellipse(-0.36, -0.1, 0.34 * _girth(z), 0.36)] = SOFT + 18  # liver
        picture[g.ellipse(0.48, 0.05, 0.16, 0.2)] = SOFT + 8  # spleen
    if abs(z) < 0.4:
        for side in (-1, 1):
            picture[g.ellipse(side * 0.33, 0.25, 0.1, 0.15)] = SOFT - 10  # kidneys
    picture[g.ellipse(0.05, 0.12, 0.06, 0.06)] = SOFT + 5  # aorta
    picture[g.ellipse(0, 0.34, 0.15, 0.13)] = BONE - 350
    picture[g.ellipse(0, 0.45, 0.05, 0.05)] = WATER
    picture[g.ellipse(0.2 + 0.2 * z, -0.25, 0.12, 0.08)] = AIR + 80  # bowel gas
    return _hounsfield(picture + random.normal(0, 9, picture.shape))


def head_mr(z: float, random: Random, size: int = 256) -> Pixels:
    """A T2-weighted slice through a head: fluid bright, bone dark, noise never below zero."""
    g, s = grid(size, size), _girth(z)
    picture = np.zeros((size, size))
    picture[g.ellipse(0, 0, 0.74 * s, 0.9 * s)] = 620
    picture[g.ellipse(0, 0, 0.7 * s, 0.86 * s)] = 60
    picture[g.ellipse(0, 0, 0.64 * s, 0.8 * s)] = 1500
    picture[g.ellipse(0, 0, 0.61 * s, 0.77 * s)] = 820
    picture[g.ellipse(0, 0, 0.48 * s, 0.62 * s)] = 560
    if abs(z) < 0.45:
        for side in (-1, 1):
            picture[g.ellipse(side * 0.13 * s, -0.05, 0.08 * s, 0.28 * s)] = 1650
    shading = 1 + 0.15 * g.x * g.y
    real, imaginary = random.normal(0, 18, (2, size, size))
    noisy: NDArray[np.float64] = np.hypot(picture * shading + real, imaginary)  # Rician
    return noisy.clip(0, 4095).astype(np.uint16)


def chest_frontal(random: Random, rows: int = 880, columns: int = 720) -> Pixels:
    """A chest radiograph from the front, 12 bits, dense tissue bright."""
    g = grid(rows, columns)
    picture = np.full((rows, columns), 300.0)
    picture[g.ellipse(0, 0.25, 0.93, 1.2)] = 2300
    for side in (-1, 1):
        picture[g.ellipse(side * 0.42, -0.05, 0.33, 0.72)] = 950
    picture[g.ellipse(0.12, 0.3, 0.33, 0.36)] = 2500  # heart
    across = np.abs(g.x)
    picture += np.where(across < 0.09, 600, 0)  # spine
    for number in range(9):
        arc = g.y - (-0.75 + number * 0.16) - 0.35 * across
        picture[(np.abs(arc) < 0.018) & (across < 0.8)] += 260  # ribs
    return (picture + random.normal(0, 35, picture.shape)).clip(0, 4095).astype(np.uint16)


def chest_lateral(random: Random, rows: int = 880, columns: int = 720) -> Pixels:
    g = grid(rows, columns)
    picture = np.full((rows, columns), 300.0)
    picture[g.ellipse(0, 0.2, 0.8, 1.2)] = 2400
    picture[g.ellipse(-0.05, -0.05, 0.5, 0.75)] = 1100
    picture[g.ellipse(-0.25, 0.3, 0.28, 0.34)] = 2450
    picture[np.abs(g.x - 0.5 - 0.1 * g.y**2) < 0.08] += 700
    return (picture + random.normal(0, 35, picture.shape)).clip(0, 4095).astype(np.uint16)


def sector(frame: int, random: Random, rows: int = 240, columns: int = 320) -> NDArray[np.uint8]:
    """An ultrasound sector in RGB with a cyst that moves with the breath and a small flow box."""
    g = grid(rows, columns)
    depth, angle = np.hypot(g.x, g.y + 1.05), np.arctan2(g.x, g.y + 1.05)
    inside = (depth > 0.15) & (depth < 1.95) & (np.abs(angle) < 0.75)
    grey = random.rayleigh(48, (rows, columns)) * (1.25 - 0.45 * depth)
    breath = 0.08 * np.sin(frame / 2)
    grey[g.ellipse(-0.1, 0.1 + breath, 0.22, 0.2)] *= 0.12
    picture = np.repeat(np.where(inside, grey, 0).clip(0, 255)[..., None], 3, axis=2)
    flow = g.ellipse(0.3, 0.2 + breath, 0.12, 0.05) & inside
    picture[flow] = (200 if frame % 4 < 2 else 40, 20, 40 if frame % 4 < 2 else 200)
    return picture.astype(np.uint8)


def volume(slice_at: Callable[[float, Random], Pixels], count: int, random: Random) -> list[Pixels]:
    """Slices from bottom to top."""
    return [slice_at(float(z), random) for z in np.linspace(-0.9, 0.9, count)]


def _girth(z: float) -> float:
    return float(np.sqrt(1 - 0.7 * z * z))


def _hounsfield(picture: NDArray[np.float64]) -> Pixels:
    return (picture + 1024).clip(0, 4095).astype(np.uint16)
