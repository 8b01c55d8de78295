"""A certificate authority for tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """Signs server certificates; `file` is its own certificate, for clients to trust."""

    file: Path
    name: x509.Name
    key: ec.EllipticCurvePrivateKey

    def sign(self, certificate: Path, key_file: Path, host: str, days: float = 30) -> None:
        """`host` is an IP address or a name; a negative `days` writes an expired certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        built = _builder(_name("a server"), self.name, key, days)
        built = built.add_extension(x509.SubjectAlternativeName([named]), critical=False)
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        built = built.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        certificate.write_bytes(built.sign(self.key, hashes.SHA256()).public_bytes(PEM))
        form = serialization.PrivateFormat.PKCS8
        key_file.write_bytes(key.private_bytes(PEM, form, serialization.NoEncryption()))


def authority(folder: Path, common_name: str) -> Authority:
    """Create an authority and write its certificate to `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    built = _builder(name, name, key, 30).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    built = built.add_extension(_signs_certificates(), critical=True)
    file = folder / f"{common_name}.pem"
    file.write_bytes(built.sign(key, hashes.SHA256()).public_bytes(PEM))
    return Authority(file, name, key)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )


def _signs_certificates() -> x509.KeyUsage:
    others = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return x509.KeyUsage(**others, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False)
