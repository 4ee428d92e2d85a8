# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""write_flac(): a FLAC encoder of a page (RFC 9639), for machines without any. Fixed predictor of order 2, one Rice
parameter a block; a third larger than the flac program's files. Standard library only.
"""

BLOCK = 4096  # samples of each channel
RATES = {8000: 4, 16000: 5, 22050: 6, 24000: 7, 32000: 8, 44100: 9, 48000: 10}


def _crc_table(polynomial, bits):
    table = []
    for byte in range(256):
        crc = byte << (bits - 8)
        for _ in range(8):
            crc = (crc << 1) ^ (polynomial if crc >> (bits - 1) & 1 else 0)
        table.append(crc & ((1 << bits) - 1))
    return table


_CRC8, _CRC16 = _crc_table(0x07, 8), _crc_table(0x8005, 16)


def _crc8(data):
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def _crc16(data):
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _frame_number(n):
    """Coded as UTF-8 codes characters; n < 2^16."""
    return chr(n).encode("utf-8", "surrogatepass")


def _subframe(samples):
    """Text of zeros and ones: residuals in one partition, of the samples themselves where a block is too short."""
    order = 2 if len(samples) > 2 else 0
    warm_up = "".join(format(x & 0xFFFF, "016b") for x in samples[:order])
    residuals = [c - 2 * b + a for a, b, c in zip(samples, samples[1:], samples[2:])] if order else samples
    folded = [2 * r if r >= 0 else -2 * r - 1 for r in residuals]
    mean = sum(folded) // max(len(folded), 1)
    k = min(14, max(0, mean.bit_length() - 1))
    codes = ["0" * (u >> k) + "1" + (format(u & ((1 << k) - 1), f"0{k}b") if k else "") for u in folded]
    return "0" + format(8 + order, "06b") + "0" + warm_up + "00" + "0000" + format(k, "04b") + "".join(codes)


def _frame(number, channels, rate):
    size = len(channels[0])
    header = bytes([0xFF, 0xF8, 7 << 4 | RATES[rate], (len(channels) - 1) << 4 | 4 << 1])
    header += _frame_number(number) + (size - 1).to_bytes(2, "big")
    header += bytes([_crc8(header)])
    bits = "".join(_subframe(samples) for samples in channels)
    bits += "0" * (-len(bits) % 8)
    body = header + int(bits, 2).to_bytes(len(bits) // 8, "big")
    return body + _crc16(body).to_bytes(2, "big")


def write_flac(path, channels, rate):
    """channels: sequences of 16-bit samples, equally long; rate: one of RATES."""
    total = len(channels[0])
    info = BLOCK.to_bytes(2, "big") * 2 + bytes(6)
    info += (rate << 44 | (len(channels) - 1) << 41 | 15 << 36 | total).to_bytes(8, "big") + bytes(16)
    with open(path, "wb") as file:
        file.write(b"fLaC" + bytes([0x80, 0, 0, len(info)]) + info)
        for number, begin in enumerate(range(0, total, BLOCK)):
            file.write(_frame(number, [samples[begin : begin + BLOCK] for samples in channels], rate))
