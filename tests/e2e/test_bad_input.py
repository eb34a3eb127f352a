"""What can go wrong, case by case: the exit code, the words on stderr, and nothing written.

In a command, ``{bad}`` is the folder of bad inputs, ``{at}`` that of a good run, ``{world}`` and ``{keys}`` its inputs.
"""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from linkage.configs import packaged
from tests.main_job import Chain, Ran, cldlink, spawn, write_request

LINK_HEADINGS = "nhs_number,given_name,family_name,date_of_birth,postcode,gender\n"
TEXT_FILES = {
    "empty.csv": "",
    "empty.parquet": "",
    "heading.csv": LINK_HEADINGS,
    "other.csv": "a,b\n1,2\n",
    "ragged.csv": "nhs_number,given_name,date_of_birth\n9990000018,Ada,1950-01-01\n9990000026,Ada,1950-01-01,x\n",
    "long_rows.csv": "nhs_number,given_name,date_of_birth\n9990000026,Ada,1950-01-01,x\n9990000018,Ada,1950-01-01,x\n",
    "no_headings.csv": "9990000018,Ada,Example,1950-01-01\n9990000026,Ada,Other,1950-01-01\n",
    "same_heading.csv": "given_name,given_name,date_of_birth\nAda,Ida,1950-01-01\n",
    "open_quote.csv": 'nhs_number,date_of_birth\n"9990000018,1950-01-01\n9990000026,1950-01-01\n',
    "false.parquet": "PAR1 nothing PAR1",
    "repeated_id.csv": "id,given_name,family_name,date_of_birth\n1,A,B,1950-01-01\n1,C,D,1951-01-01\n",
    "blank_id.csv": "id,given_name,family_name,date_of_birth\n1,A,B,1950-01-01\n,C,D,1951-01-01\n",
    "undated.csv": "nhs_number,date_of_birth\n9990000018,1950-01-01\n9990000018,1950-01-02\n",
    "no_number.csv": "nhs_number,date_of_birth\n123,1950-01-01\n",
    "no_birth.csv": "nhs_number,given_name\n9990000018,A\n",
    "people.csv": "id,nhs_number,given_name,family_name,date_of_birth\n1,,A,B,1950-01-01\n",
    "truth.csv": "query_id\n1\n",
    "short.yaml": "controller: x\n",
    "not.yaml": "a: [1\n",
    "wrong_passphrase": "another passphrase entirely\n",
    "weak_passphrase": "abc\n",
    "file": "x",
}


def changed(source: Path, target: Path, old: str = "", new: str = "") -> None:
    """A packaged configuration file with one change, or (``old`` empty) with more at its end."""
    text = source.read_text(encoding="utf-8")
    assert old in text
    target.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")


def flip(path: Path) -> None:
    """Alter one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture(scope="module")
def bad(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    for name, text in TEXT_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "folder").mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "somebodys.txt").touch()
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 40)
    submission = chain.submissions[0].read_bytes()
    (folder / "submission_heading.csv").write_bytes(submission.splitlines(keepends=True)[0])
    (folder / "protected.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"))
    damaged_folders(chain, folder)
    configurations(folder)
    return folder


def damaged_folders(chain: Chain, bad: Path) -> None:
    for name in ("register", "release", "linked"):
        shutil.copytree(chain.folder / name, bad / name)
    (bad / "register" / "person" / "000.parquet").unlink()
    flip(bad / "release" / "admissions.parquet")
    flip(bad / "linked" / "person.parquet")
    keystore = (chain.keys / "k.keystore").read_bytes()
    (bad / "cut.keystore").write_bytes(keystore[:-20])
    (bad / "altered.keystore").write_bytes(keystore.replace(b'"iterations": 1', b'"iterations": 2'))


def configurations(bad: Path) -> None:
    policy = packaged("release/secure.yaml")
    ethnicity = "      ethnicity: {treatment: keep, values: listed, description: Ethnicity as submitted}\n"
    changed(policy, bad / "column_missing.yaml", ethnicity, "")
    changed(policy, bad / "key_unknown.yaml", "ethnicity: {treatment: keep", "ethnicity: {treatment: keep, valeus: [x]")
    changed(
        policy, bad / "name_kept.yaml", "first_name: drop", "first_name: {treatment: keep, values: [A], description: x}"
    )
    changed(policy, bad / "no_treatment.yaml", "ethnicity: {treatment: keep, ", "ethnicity: {")
    changed(packaged("trace/profile_default.yaml"), bad / "profile.yaml", new="\nmin_wieght: 3\n")
    changed(packaged("studies/emergency_admission.yaml"), bad / "study.yaml", new="\nmonth: 3\n")
    changed(packaged("synth/sample.yaml"), bad / "synth.yaml", new="\npeeple: 3\n")
    write_request(bad / "expired.yaml", expires="2020-01-01")
    write_request(bad / "unknown_key.yaml", recipiant="x")


READ = "--register {at}/register --out {out} --purpose Tests --submission T1"
RELEASE = (
    "release make --out {out} --request {keys}/request.yaml --trace {at}/traced --keystore {keys}/k.keystore "
    "--passphrase-file {keys}/passphrase --signing-key {keys}/sender.key --synthetic "
    "--table admissions={world}/health/admissions.csv"
)
CARE = " --table social_care={at}/current/events.parquet"
RELEASE_OF = RELEASE.removesuffix("{world}/health/admissions.csv")
SUBMISSION = "{world}/submissions/991_2022-23_Q1.csv"

Case = tuple[str, int, str]
SUBMISSION_FILES: list[tuple[str, int, str]] = [
    ("nowhere.csv", 2, "no such file"),
    ("folder", 2, "this is a folder"),
    ("empty.csv", 3, "the file is empty"),
    ("submission_heading.csv", 3, "a heading line and no rows"),
    ("other.csv", 3, "not the heading line of a submission"),
    ("no_headings.csv", 3, "not the heading line of a submission"),
    ("protected.xlsx", 3, "a workbook with a password"),
    ("binary.csv", 3, "holds null characters"),
    ("false.parquet", 3, "this is a Parquet file, not a CSV file"),
]
PEOPLE_FILES: list[tuple[str, int, str]] = [
    ("nowhere.csv", 2, "no such file"),
    ("folder", 2, "this is a folder"),
    ("empty.csv", 3, "the file is empty"),
    ("empty.parquet", 3, "the file is empty"),
    ("heading.csv", 3, "a heading and no rows"),
    ("other.csv", 3, "--columns"),
    ("ragged.csv", 3, "row 2 has 4 columns, the heading has 3"),
    ("long_rows.csv", 3, "row 1 has 4 columns, the heading has 3"),
    ("open_quote.csv", 3, "missing quote"),
    ("no_headings.csv", 3, "the first line holds values"),
    ("same_heading.csv", 3, "two columns have the heading 'given_name'"),
    ("binary.csv", 3, "binary.csv: "),
    ("false.parquet", 3, "not a readable Parquet file"),
]
CASES: list[Case] = [
    *((f"check {{bad}}/{name} --out {{out}}", code, text) for name, code, text in SUBMISSION_FILES),
    *((f"submission consolidate {{bad}}/{name} --out {{out}}", code, text) for name, code, text in SUBMISSION_FILES),
    *((f"register build {{bad}}/{name} --out {{out}}", code, text) for name, code, text in PEOPLE_FILES),
    *((f"trace {{bad}}/{name} {READ}", code, text) for name, code, text in PEOPLE_FILES),
    # submissions
    (f"check {SUBMISSION} --spec v9 --out {{out}}", 2, "Known versions: v4.2, v6"),
    (f"submission consolidate {SUBMISSION} --out {{out}}", 3, "cldlink check FILE"),
    (f"submission consolidate {SUBMISSION} {SUBMISSION} --synthetic --out {{out}}", 3, "same end of period"),
    ("spec show v9", 2, "Known versions"),
    # register
    ("register build {bad}/undated.csv --out {out}", 3, "1 NHS numbers on more than one undated row"),
    ("register build {bad}/no_number.csv --out {out}", 3, "no row with a valid NHS number"),
    ("register build {bad}/no_birth.csv --out {out}", 3, "no column for date_of_birth"),
    ("register build {world}/register.csv --out {out} --columns nhs=NHS", 2, "there is no field 'nhs'"),
    ("register build {world}/register.csv --out {out} --columns nhs_number=NHS", 2, "no column 'NHS'"),
    ("register build {world}/register.csv --out {out} --columns nhs_number", 2, "lacks its '='"),
    ("register build {world}/register.csv --out {out} --columns postcode=a,postcode=b", 2, "given twice"),
    ("register build {world}/register.csv --out {out} --postcode-as us", 2, "--postcode-as"),
    ("register describe {at}/traced", 2, "made by 'cldlink trace'"),
    ("register describe {bad}/nowhere", 2, "no such folder"),
    # trace
    (f"trace {{bad}}/repeated_id.csv {READ} --id id", 3, "0 missing, 1 repeated"),
    (f"trace {{bad}}/blank_id.csv {READ} --id id", 3, "1 missing, 0 repeated"),
    (f"trace {{bad}}/people.csv {READ} --id nope", 2, "no column 'nope'"),
    (f"trace {{bad}}/people.csv {READ} --columns surname=x", 2, "there is no field 'surname'"),
    (f"trace {{bad}}/people.csv {READ} --columns family_name=x", 2, "no column 'x'"),
    (f"trace {{bad}}/people.csv {READ} --profile nope", 2, "no profile of that name"),
    (f"trace {{bad}}/people.csv {READ} --profile {{bad}}/nowhere.yaml", 2, "no such configuration file"),
    (
        f"trace {{bad}}/people.csv {READ} --profile {{bad}}/profile.yaml",
        2,
        "min_wieght: unknown key. Did you mean 'min_weight'",
    ),
    (f"trace {{bad}}/people.csv {READ} --min-gap -1", 2, "--min-gap"),
    (f"trace {{bad}}/people.csv {READ} --memory lots", 2, "such as 2GB"),
    (f"trace {{bad}}/people.csv {READ} --memory 1MB", 7, "ran out of memory"),
    (f"trace {{bad}}/people.csv {READ} --temp-dir {{bad}}/nowhere", 2, "no such folder"),
    (f"trace {SUBMISSION} {READ}", 3, "cldlink check FILE"),
    ("trace {bad}/people.csv --register {bad}/nowhere --synthetic --out {out}", 2, "no such folder"),
    ("trace {bad}/people.csv --register {bad}/people.csv --synthetic --out {out}", 2, "no such folder"),
    ("trace {bad}/people.csv --register {at}/traced --synthetic --out {out}", 2, "made by 'cldlink trace'"),
    ("trace {bad}/people.csv --register {bad}/register --synthetic --out {out}", 3, "person/000.parquet is missing"),
    ("trace {bad}/people.csv --register {at}/register --out {out}", 2, "--purpose TEXT and --submission REF"),
    (f"trace {{bad}}/people.csv {READ} --decisions {{bad}}/nowhere", 2, "no such file"),
    # feedback, evaluate
    ("feedback {bad}/nowhere --out {out}", 2, "no such file"),
    ("feedback {bad}/false.parquet --out {out}", 3, "not a readable Parquet file"),
    ("feedback {at}/current/persons.parquet --out {out}", 3, "this is not a trace"),
    ("evaluate {at}/traced/trace.parquet --truth {bad}/nowhere", 2, "no such file"),
    ("evaluate {at}/traced/trace.parquet --truth {bad}/truth.csv", 3, "needs true_nhs_number"),
    ("evaluate {at}/traced/trace.parquet --truth {bad}/empty.csv", 3, "the file is empty"),
    ("evaluate {at}/current/persons.parquet --truth {bad}/truth.csv", 3, "this is not a trace"),
    # keys
    (
        "keys create --keystore {keys}/k.keystore --key-id a --passphrase-file {keys}/passphrase",
        6,
        "is not overwritten",
    ),
    ("keys create --keystore {out} --key-id a --passphrase-file {bad}/weak_passphrase", 6, "too weak"),
    ("keys create --keystore {out} --key-id a --passphrase-file {bad}/nowhere", 2, "could not be read"),
    ("keys create --keystore {out} --key-id a --passphrase-file {bad}/file --passphrase-fd 3", 2, "not both"),
    ("keys create --keystore {out} --key-id a", 2, "no terminal"),
    ("keys show --keystore {keys}/k.keystore --passphrase-file {bad}/wrong_passphrase", 6, "the passphrase is wrong"),
    ("keys show --keystore {bad}/nowhere --passphrase-file {keys}/passphrase", 6, "there is no keystore here"),
    ("keys show --keystore {bad}/folder --passphrase-file {keys}/passphrase", 6, "no key ring here"),
    ("keys show --keystore {bad}/cut.keystore --passphrase-file {keys}/passphrase", 6, "not a keystore"),
    ("keys show --keystore {bad}/altered.keystore --passphrase-file {keys}/passphrase", 6, "has been altered"),
    # release
    (RELEASE + CARE + " --policy {bad}/column_missing.yaml", 4, "social_care.ethnicity: no treatment"),
    (RELEASE + " --policy {bad}/key_unknown.yaml", 2, ":7: tables.social_care.columns.ethnicity.keep.valeus"),
    (RELEASE + " --policy {bad}/key_unknown.yaml", 2, "unknown key. Did you mean 'values'"),
    (RELEASE + " --policy {bad}/no_treatment.yaml", 2, "the key 'treatment' is missing"),
    (RELEASE + " --policy {bad}/name_kept.yaml", 4, "an identifier may not be kept"),
    (RELEASE + " --policy nope", 2, "Known: cld_view, open, own_bi, secure"),
    (RELEASE + " --policy {bad}/nowhere.yaml", 2, "no such configuration file"),
    (RELEASE + " --policy {bad}/not.yaml", 2, "not readable YAML"),
    (RELEASE + " --request {bad}/expired.yaml", 4, "expired on 2020-01-01"),
    (RELEASE + " --request {bad}/unknown_key.yaml", 2, "recipiant: unknown key. Did you mean 'recipient'"),
    (RELEASE + " --request {bad}/short.yaml", 2, "project: Field required"),
    (RELEASE + " --request {bad}/nowhere.yaml", 2, "no such configuration file"),
    (RELEASE.replace("{keys}/passphrase", "{bad}/wrong_passphrase"), 6, "the passphrase is wrong"),
    (RELEASE + " --signing-passphrase-file {bad}/wrong_passphrase", 6, "the passphrase is wrong"),
    (RELEASE + " --signing-key {bad}/nowhere", 6, "there is no keystore here"),
    (RELEASE.replace(" --synthetic", ""), 2, "request.yaml:1:1: id: Field required"),
    (RELEASE + " --keystore {bad}/nowhere", 6, "there is no keystore here"),
    (RELEASE + CARE + " --trace {bad}/folder", 2, "trace.parquet: there is no such file"),
    (RELEASE + " --table extra={bad}/people.csv", 4, "extra: the policy has no such table"),
    (RELEASE + " --table extra", 2, "--table is NAME=FILE"),
    (RELEASE + " --table admissions={bad}/people.csv", 2, "gives 'admissions' twice"),
    (RELEASE + " --table social_care={at}/current/persons.parquet", 3, "these are not the events"),
    (RELEASE + " --table social_care={bad}/false.parquet", 3, "cannot be read as Parquet"),
    (RELEASE_OF + "{bad}/nowhere.csv", 2, "there is no file"),
    (RELEASE_OF + "{bad}/folder", 2, "there is no file"),
    (RELEASE_OF + "{bad}/empty.csv", 3, "cannot be read as CSV"),
    (RELEASE_OF + "{bad}/ragged.csv", 3, "cannot be read as CSV"),
    (RELEASE_OF + "{bad}/no_headings.csv", 3, "holds values"),
    (RELEASE_OF + "{bad}/false.parquet", 3, "cannot be read as Parquet"),
    (RELEASE_OF + "{bad}/other.csv", 4, "admissions.newnhsno: the table has no such column"),
    ("release verify {bad}/nowhere", 2, "no such folder"),
    ("release verify {bad}/file", 2, "no such folder"),
    # link, tables, study
    ("link {bad}/release --public-key {keys}/sender.pub --out {out}", 6, "admissions.parquet: altered"),
    ("link {bad}/nowhere --public-key {keys}/sender.pub --out {out}", 2, "no such folder"),
    ("link {bad}/folder --public-key {keys}/sender.pub --out {out}", 6, "manifest.json: missing"),
    ("link {at}/release --public-key {keys}/sender.pub --out {at}/release", 2, "Give --out another folder"),
    ("tables salt {bad}/linked --out {out}", 3, "person.parquet: altered"),
    ("tables salt {bad}/nowhere --out {out}", 2, "no such folder"),
    ("tables salt {at}/traced --out {out}", 2, "made by 'cldlink trace'"),
    ("tables salt {at}/linked --out {out} --la 999", 2, "The linked tables hold: 991, 992"),
    ("tables salt {at}/linked --out {out} --policy nope", 2, "no disclosure policy of that name"),
    ("tables salt {at}/linked --out {out} --period-start 2022-04-01", 2, "or neither"),
    ("tables salt {at}/linked --out {out} --period-start 2022-04-01 --period-end 2021-04-01", 2, "before it starts"),
    ("tables salt {at}/linked --out {out} --period-start 1999-04-01 --period-end 2000-03-31", 2, "Give another period"),
    ("study run {at}/linked --out {out} --study nope", 2, "There are: emergency_admission"),
    ("study run {at}/linked --out {out} --study {bad}/study.yaml", 2, "month: unknown key. Did you mean 'months'"),
    ("study run {at}/linked --out {out} --study {bad}/nowhere.yaml", 2, "no such configuration file"),
    ("study run {bad}/nowhere --out {out} --study emergency_admission", 2, "no such folder"),
    # synthetic worlds
    ("synth --out {out}", 4, "--synthetic"),
    ("synth --out {out} --synthetic --profile nope", 2, "Known profiles: clean, nasty, realistic, sample"),
    ("synth --out {out} --synthetic --profile {bad}/synth.yaml", 2, "peeple: unknown key. Did you mean 'people'"),
    ("synth --out {out} --synthetic --people 0", 2, "--people"),
    ("demo --sample {bad}/folder --out {out}", 2, "no synthetic world here"),
    ("frobnicate", 2, "No such command"),
]


def run(command: str, chain: Chain, bad: Path, out: Path) -> Ran:
    places = {"bad": bad, "at": chain.folder, "world": chain.world, "keys": chain.keys, "out": out}
    return cldlink(*(part.format(**places) for part in command.split()))


@pytest.mark.parametrize(("command", "code", "text"), CASES, ids=[case[0] for case in CASES])
def test_bad_input(chain: Chain, bad: Path, tmp_path: Path, command: str, code: int, text: str) -> None:
    ran = run(command, chain, bad, tmp_path / "out")
    assert (ran.code, ran.out) == (code, "")
    assert text in ran.err
    assert "Traceback" not in ran.err and len(ran.err.splitlines()) < 40
    assert list(tmp_path.iterdir()) == []


PLACED = [
    f"check {SUBMISSION} --synthetic",
    f"submission consolidate {SUBMISSION} --synthetic",
    "register build {world}/register.csv",
    "trace {bad}/people.csv --register {at}/register --synthetic",
    "feedback {at}/traced/trace.parquet",
    "link {at}/release --public-key {keys}/sender.pub",
    "tables salt {at}/linked",
    "study run {at}/linked --study emergency_admission",
    "synth --synthetic --people 50",
]


@pytest.mark.parametrize("command", PLACED)
def test_out_is_a_file(chain: Chain, bad: Path, command: str) -> None:
    ran = run(f"{command} --out {{bad}}/file", chain, bad, bad)
    assert (ran.code, (bad / "file").read_text(encoding="utf-8")) == (2, "x")
    assert "this is a file; --out needs a folder" in ran.err


@pytest.mark.parametrize("command", [*PLACED, RELEASE])
def test_out_cannot_be_made(chain: Chain, bad: Path, command: str) -> None:
    ran = run(f"{command} --out {{bad}}/file/below", chain, bad, bad / "file" / "below")
    assert ran.code == 7
    assert "the folder cannot be written" in ran.err


@pytest.mark.parametrize("place", ["file", "full"])
def test_a_release_overwrites_nothing_of_others(chain: Chain, bad: Path, place: str) -> None:
    ran = run(RELEASE, chain, bad, bad / place)
    assert (ran.code, (bad / "full" / "somebodys.txt").is_file()) == (2, True)
    assert "something else is here already" in ran.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
@pytest.mark.parametrize("command", PLACED)
def test_out_may_not_be_written(chain: Chain, bad: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    ran = run(f"{command} --out {{out}}", chain, bad, tmp_path / "locked" / "out")
    assert (ran.code, list((tmp_path / "locked").iterdir())) == (7, [])


def test_a_submission_that_is_not_accepted_is_checked_to_the_end(chain: Chain, tmp_path: Path) -> None:
    ran = cldlink("check", chain.submissions[0], "--out", tmp_path / "out")
    assert (ran.code, "Not accepted" in ran.out) == (3, True)
    assert (tmp_path / "out" / "findings_IDENTIFIABLE.csv").is_file()


def test_an_altered_release_says_which_file(bad: Path) -> None:
    ran = cldlink("release", "verify", bad / "release")
    assert (ran.code, ran.out.strip()) == (6, "admissions.parquet: altered")


def test_a_failed_run_leaves_the_earlier_output(chain: Chain, bad: Path, tmp_path: Path) -> None:
    out = shutil.copytree(chain.folder / "traced", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert run(f"trace {{bad}}/repeated_id.csv {READ} --id id", chain, bad, out).code == 3
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


# --- stopped half-way

LONG = {
    "in the database": ("register", "build", Path(__file__).parents[2] / "sample_data" / "register.csv"),
    "in the program": ("synth", "--people", 100_000, "--synthetic"),
}


def half_way(folder: Path, *command: object, stop: signal.Signals) -> tuple[int, str]:
    """Start a command, stop it once it has begun to write aside; its exit code and stderr."""
    process = spawn(*command, "--out", folder / "out")
    deadline = time.monotonic() + 60
    while not any(folder.iterdir()) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    assert process.poll() is None, "it ended before it could be stopped"
    process.send_signal(stop)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@posix
def test_ctrl_c_in_the_database(tmp_path: Path) -> None:
    code, err = half_way(tmp_path, *LONG["in the database"], stop=signal.SIGINT)
    assert code == 130
    assert all(path.name.startswith(".out.work-") for path in tmp_path.iterdir()), "only finished parts may stay"
    assert "Interrupted" in err and "Traceback" not in err


@posix
def test_ctrl_c_in_the_program(tmp_path: Path) -> None:
    process = spawn(*LONG["in the program"], "--out", tmp_path / "out")
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, list(tmp_path.iterdir())) == (130, [])
    assert "Interrupted" in err and "Traceback" not in err


@posix
def test_a_killed_run_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    code, _ = half_way(tmp_path, *LONG["in the database"], stop=signal.SIGKILL)
    assert (code, (tmp_path / "out").exists()) == (-signal.SIGKILL, False)
    assert list(tmp_path.rglob("manifest.json")) == []
