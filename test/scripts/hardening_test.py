#!/usr/bin/env python3
"""Reads from a release binary what it was built with against memory errors. usage: hardening_test.py BINARY"""
import platform
import re
import subprocess
import sys
import unittest

BINARY = "build/release/irsa"


def output(*command):
    return subprocess.run([*command, BINARY], check=True, capture_output=True, text=True).stdout


class Hardening(unittest.TestCase):
    def test_is_loaded_anywhere_and_its_relocations_are_read_only(self):
        self.assertRegex(output("readelf", "--file-header", "--wide"), r"Type:\s+DYN")
        self.assertIn("GNU_RELRO", output("readelf", "--program-headers", "--wide"))
        self.assertRegex(output("readelf", "--dynamic", "--wide"), r"FLAGS.*NOW")

    def test_has_no_executable_stack(self):
        stack = re.search(r"GNU_STACK.*", output("readelf", "--program-headers", "--wide")).group()
        self.assertNotIn("E", stack.split()[-2])

    def test_watches_the_stack(self):
        self.assertIn("__stack_chk_fail", output("readelf", "--dyn-syms", "--wide"))

    def test_uses_checked_functions(self):
        """_FORTIFY_SOURCE."""
        checked = set(re.findall(r"(__\w+_chk)\b", output("readelf", "--dyn-syms", "--wide")))
        self.assertGreaterEqual(len(checked - {"__stack_chk"}), 3, checked)

    @unittest.skipUnless(platform.machine() == "x86_64", "control-flow protection is x86's")
    def test_marks_where_calls_may_land(self):
        """-fcf-protection; the note for the whole file would need it of every library that is linked in."""
        self.assertGreater(output("objdump", "--disassemble", "--no-show-raw-insn").count("endbr64"), 500)

    @unittest.skipUnless(platform.machine() == "x86_64", "how a page is touched is the processor's")
    def test_touches_each_page_of_a_large_frame(self):
        """-fstack-clash-protection."""
        probe = re.search(r"orq\s+\$0x0,(0x\w+)?\(%rsp\)", output("objdump", "--disassemble", "--no-show-raw-insn"))
        self.assertTrue(probe, "no page is touched")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        BINARY = sys.argv.pop(1)
    unittest.main()
