"""Jupyter's own tests of a kernel, with samples in Go. Run by TestConformance."""

import jupyter_kernel_test

# GoNB calls gopls twelve seconds after its start, and the suite waits fifteen for
# an answer: not enough on a busy machine.
jupyter_kernel_test.TIMEOUT = 60


class Dendrite(jupyter_kernel_test.KernelTests):
    kernel_name = "dendrite"
    language_name = "go"
    file_extension = ".go"

    code_hello_world = 'fmt.Println("hello, world")'
    code_stderr = 'fmt.Fprintln(os.Stderr, "oh")'
    code_generate_error = 'panic("boo")'
    code_clear_output = "dendrite.Clear(false)"
    code_display_data = [
        {"code": 'dendrite.Markdown("*x*")', "mime": "text/markdown"},
    ]
    code_execute_result = [
        {"code": "1 + 2*3", "result": "7"},
        {"code": 'strings.ToUpper("abc")', "result": "ABC"},
        {"code": "[]int{1, 2}", "result": "[1 2]"},
    ]
    code_history_pattern = "1*2?3"
    supported_history_operations = ("tail", "range", "search")

    complete_code_samples = ["1", "x := 3\nx", "%%\nfmt.Println(1)", "!ls", "func f() {}"]
    incomplete_code_samples = ["func f() {", "fmt.Println(", "x := 1 +", "s := `abc"]
    invalid_code_samples = ["x := )", "func {}}"]

    def execute_helper(self, code, timeout=60, **options):
        return super().execute_helper(code, timeout=timeout, **options)

    completion_samples = [
        {"text": "dendrite.Pres", "matches": {"Preset"}},
        {"text": "x := 1\nfmt.Printl", "matches": {"Println", "Fprintln", "Sprintln"}},
    ]
    code_inspect_sample = "dendrite.Show"
    code_page_something = "dendrite.Show?"
