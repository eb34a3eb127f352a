"""Published known answers for the power-on self test. Every key here is public; none may be used for data.

Sources: RFC 4231 section 4.3 (HMAC-SHA-256), RFC 5869 appendix A.1 (HKDF-SHA-256), RFC 9106 section 5.3 (Argon2id), RFC 8032
section 7.1 (Ed25519), RFC 4648 section 10 (base32), and the worked example of the cldlink definition of a pseudonym.
"""

from dataclasses import dataclass

from pseudo.domain import Domain


@dataclass(frozen=True)
class MacAnswer:
    """HMAC-SHA-256 of ``message`` under ``key``, whole (32 bytes)."""

    key: bytes
    message: bytes
    mac: bytes


@dataclass(frozen=True)
class HkdfAnswer:
    """HKDF-SHA-256 output of ``len(okm)`` bytes."""

    ikm: bytes
    salt: bytes
    info: bytes
    okm: bytes


@dataclass(frozen=True)
class Argon2Answer:
    """Argon2id tag of 32 bytes."""

    password: bytes
    salt: bytes
    secret: bytes
    associated_data: bytes
    iterations: int
    memory_kib: int
    lanes: int
    tag: bytes


@dataclass(frozen=True)
class SignatureAnswer:
    """Ed25519 signature of ``message``."""

    secret: bytes
    public: bytes
    message: bytes
    signature: bytes


@dataclass(frozen=True)
class PseudonymAnswer:
    """A whole pseudonym, from root key to text."""

    root: bytes
    root_kcv: str
    domain: Domain
    kcv: str
    message: bytes
    pseudonym: bytes
    base32: str


HMAC_SHA256 = MacAnswer(
    key=b"Jefe",
    message=b"what do ya want for nothing?",
    mac=bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
)

HKDF_SHA256 = HkdfAnswer(
    ikm=bytes([0x0B]) * 22,
    salt=bytes(range(13)),
    info=bytes(range(0xF0, 0xFA)),
    okm=bytes.fromhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
)

ARGON2ID = Argon2Answer(
    password=bytes([1]) * 32,
    salt=bytes([2]) * 16,
    secret=bytes([3]) * 8,
    associated_data=bytes([4]) * 12,
    iterations=3,
    memory_kib=32,
    lanes=4,
    tag=bytes.fromhex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"),
)

ED25519 = SignatureAnswer(
    secret=bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
    public=bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    message=b"",
    signature=bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ),
)

PSEUDONYM = PseudonymAnswer(
    root=bytes(range(32)),
    root_kcv="cc4a7fc4",
    domain=Domain(
        controller="example-dscro",
        recipient="example-university",
        project="EXAMPLE-0001",
        field="nhs_number",
        opt_out="ndo-applied",
        key_version="1",
    ),
    kcv="dc6dbb9a",
    message=b"9990000018",
    pseudonym=bytes.fromhex("0a49cf270d78114037395c091a083b84"),
    base32="bje46jynpaiuanzzlqerucb3qq",
)
