"""Structured fields give their parameters, even those written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.parameters import media_type, structured


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("attachment; filename=report.pdf", "report.pdf"),
        ('attachment; filename="report of may.pdf"', "report of may.pdf"),
        ("attachment; filename=report of may.pdf; size=3", "report of may.pdf"),
        ('attachment; FILENAME = "a\\"b.pdf"', 'a"b.pdf'),
        ('attachment; filename="never closed.pdf', "never closed.pdf"),
        ('attachment;; ; filename="x;y.pdf"', "x;y.pdf"),
        ('attachment; filename="=?utf-8?Q?R=C3=A9sum=C3=A9.pdf?="', "Résumé.pdf"),
        ("attachment; filename=R\udce9sum\udce9.pdf", "Résumé.pdf"),
        ("attachment; filename*=utf-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        ("attachment; filename*=iso-8859-1'fr'R%E9sum%E9.pdf", "Résumé.pdf"),
        ("attachment; filename*0=Res; filename*1=ume.pdf", "Resume.pdf"),
        ("attachment; filename*1=ume.pdf; filename*0=Res", "Resume.pdf"),
        ("attachment; filename*0*=utf-8''R%C3; filename*1*=%A9sum%C3%A9; filename*2=.pdf", "Résumé.pdf"),
        ("attachment; filename*=utf-8''%FF%zz", "ÿ%zz"),
        ("attachment; filename*=plain.pdf", "plain.pdf"),
        ("attachment", ""),
    ],
)
def test_a_file_name_is_found(field: str, name: str) -> None:
    assert structured(field).parameters.get("filename", "") == name


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("text/plain", "text/plain"),
        ("text / plain", "text/plain"),
        ("text", "text/plain"),
        ("", "text/plain"),
        ("nonsense", "text/plain"),
        ("application/vnd.ms-excel.sheet+xml", "application/vnd.ms-excel.sheet+xml"),
    ],
)
def test_a_media_type_is_read(written: str, read: str) -> None:
    assert media_type(structured(written).main) == read


def test_a_flood_of_parameters_is_cut() -> None:
    assert len(structured("text/plain" + "".join(f"; a{n}=b" for n in range(5_000))).parameters) == 100


@given(st.text(st.sampled_from("; =\"\\*'%0a/\udcff") | st.characters(codec=None)))
def test_no_field_raises(field: str) -> None:
    structured(f"a; filename{field}")
