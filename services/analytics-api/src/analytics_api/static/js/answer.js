// As perguntas ao servidor.

/** O JSON da resposta; `null` quando ela não vem ou diz que não há o que mostrar. */
export async function answer(path) {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
