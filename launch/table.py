"""The one table that ./run prints when the system is ready."""

from archive.config import Config
from launch.plan import Plan, bracketed
from launch.runfile import Demo


def rows(plan: Plan, config: Config) -> list[tuple[str, str]]:
    ours = {"web": _web(plan), "dicom": _dicom(config), "hl7": _hl7(config)}
    return [
        *([("Part of the system", ", ".join(plan.programs))] if plan.is_part else []),
        *(row for program, rows in ours.items() if program in plan.programs for row in rows),
        ("Data", str(plan.data)),
        ("Logs", str(plan.data / "log")),
        ("Mails", config.mail_server or f"{config.mail_dir} (no MAIL_SERVER: files only)"),
        *_repository(config),
    ]


def _web(plan: Plan) -> list[tuple[str, str]]:
    web = plan.web_address
    return [
        ("Portal", f"{web}/"),
        ("Health", f"{web}/health/ready"),
        ("XDS registry", f"{web}/xds/registry"),
        ("XDS repository", f"{web}/xds/repository"),
        ("XDS imaging", f"{web}/xds/imaging"),
        ("XCA gateway", f"{web}/xca/query, /xca/retrieve, /xca/imaging"),
    ]


def _dicom(config: Config) -> list[tuple[str, str]]:
    return [
        ("DICOM", f"{bracketed(config.dicom_host)}:{config.dicom_port}"),
        ("AE titles", f"{config.ae_production} (production), {config.ae_test} (test environment)"),
    ]


def _hl7(config: Config) -> list[tuple[str, str]]:
    receivers = f"{config.hl7_application} (production), {config.hl7_test_application} (test)"
    return [
        ("HL7", f"{bracketed(config.hl7_host)}:{config.hl7_port}"),
        ("HL7 receivers", receivers),
    ]


def _repository(config: Config) -> list[tuple[str, str]]:
    """The stand-in's page, in demo mode."""
    if not config.demo or not config.pdr_url:
        return []
    return [("Stand-in PDR", f"{config.pdr_url.rsplit('/', 1)[0]}/")]


def render(plan: Plan, config: Config, demo: Demo) -> str:
    left, logins = rows(plan, config), demo["logins"]
    blocks = [left]
    if not plan.demo:
        left.append(("People", "the first: manage.py make_administrator EMAIL"))
    if logins:
        blocks.append([("Demo login", "Password")])
        blocks.append([(entry["login"], entry["password"]) for entry in logins.values()])
    first = max(len(name) for block in blocks for name, _ in block)
    second = max(len(value) for block in blocks for _, value in block)

    def line(start: str, middle: str, end: str) -> str:
        return f"{start}{'─' * (first + 2)}{middle}{'─' * (second + 2)}{end}"

    lines = [line("┌", "┬", "┐")]
    for number, block in enumerate(blocks):
        lines += [line("├", "┼", "┤")] if number else []
        lines += [f"│ {name:<{first}} │ {value:<{second}} │" for name, value in block]
    lines.append(line("└", "┴", "┘"))
    return "\n".join(lines)
