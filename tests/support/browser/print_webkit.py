"""Print a page with WebKitGTK: `print_webkit.py ADDRESS SCRIPT FILE`.

Debian's Python runs it, since that has the bindings of WebKitGTK. SCRIPT is a function of
JavaScript: the page is printed to FILE, a PDF document on A4, once it returns a true value.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2  # noqa: E402 - the versions come first

SIZE = (1400, 1200)
PAUSE_MS = 200


class Printer:
    """A view that is printed once its page is ready."""

    def __init__(self, address: str, script: str, file: str) -> None:
        self.script = f"Boolean(({script})())"
        self.file = Path(file).absolute().as_uri()
        self.view = WebKit2.WebView()
        window = Gtk.OffscreenWindow()
        window.set_default_size(*SIZE)
        window.add(self.view)
        window.show_all()
        self.view.load_uri(address)
        self.look()

    def look(self) -> bool:
        self.view.evaluate_javascript(self.script, -1, None, None, None, self.on_answer)
        return False

    def on_answer(self, view: WebKit2.WebView, result: object) -> None:
        try:
            is_ready = view.evaluate_javascript_finish(result).to_boolean()
        except GLib.Error:  # the page is being loaded
            is_ready = False
        if is_ready:
            self.print_page()
        else:
            GLib.timeout_add(PAUSE_MS, self.look)

    def print_page(self) -> None:
        settings = Gtk.PrintSettings()
        settings.set(Gtk.PRINT_SETTINGS_OUTPUT_URI, self.file)
        settings.set(Gtk.PRINT_SETTINGS_OUTPUT_FILE_FORMAT, "pdf")
        settings.set_printer("Print to File")
        settings.set_paper_size(Gtk.PaperSize.new(Gtk.PAPER_NAME_A4))
        operation = WebKit2.PrintOperation.new(self.view)
        operation.set_print_settings(settings)
        operation.connect("finished", lambda _: Gtk.main_quit())
        operation.connect("failed", lambda _, error: sys.exit(str(error)))
        operation.print_()


if __name__ == "__main__":
    printer = Printer(*sys.argv[1:])
    Gtk.main()
